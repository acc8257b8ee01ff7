"""Record what real runtimes answer, for the tests that have none: ``python -m tests.e2e_containers.record``.

The answers become files of ``tests/capture_containers/recorded``, which are committed. Root, podman and
containerd are needed; those of the Kubernetes API need its server as well (``make e2e-k8s``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import httpx

from tests.capture_containers.answers import FOLDER
from tests.e2e_containers.containerd import Containerd
from tests.e2e_containers.kubernetes import Kubernetes
from tests.e2e_containers.podman import Podman

_OPTIONS = ("--privileged", "--pid", "host", "--label", "team=shop", "-v", "/tmp:/data:ro")


def _record_podman(folder: Path) -> None:
    podman = Podman(folder)
    podman.load()
    with podman.service(), podman.running("shop_web", *_OPTIONS) as full_id:
        transport = httpx.HTTPTransport(uds=str(podman.socket))
        with httpx.Client(transport=transport, base_url="http://podman") as client:
            own = client.get(f"/v4.0.0/libpod/containers/{full_id}/json").json()
            dockers = client.get(f"/containers/{full_id}/json").json()
            image = client.get(f"/images/{dockers['Image']}/json").json()
            unknown = client.get(f"/v4.0.0/libpod/containers/{'0' * 64}/json").json()
    for name, answer in {"podman": own, "docker": dockers, "image": image, "unknown": unknown}.items():
        _write(f"{name}.json", json.dumps(answer, indent=1).encode() + b"\n")


def _record_containerd(folder: Path) -> None:
    containerd = Containerd(folder)
    with closing(containerd), containerd.service():
        containerd.load()
        with containerd.running(privileged=True) as pod:
            answers = {
                "Version": containerd.call("Version"),
                "ListContainers": containerd.call("ListContainers", filter={"id": pod.container_id}),
                "ContainerStatus": containerd.call(
                    "ContainerStatus", container_id=pod.container_id, verbose=True
                ),
                "PodSandboxStatus": containerd.call(
                    "PodSandboxStatus", pod_sandbox_id=pod.sandbox_id, verbose=True
                ),
            }
    for name, answer in answers.items():
        _write(f"{name}.binpb", answer.SerializeToString())  # with the fields that no table names


def _record_kubernetes(folder: Path) -> None:
    with Kubernetes.running(folder) as kubernetes:
        pod, namespace = kubernetes.create_pod("web-0", "shop", app="web", tier="front")
    _write("pod.json", json.dumps(pod, indent=1).encode() + b"\n")
    _write("namespace.json", json.dumps(namespace, indent=1).encode() + b"\n")


def _write(name: str, content: bytes) -> None:
    (FOLDER / name).write_bytes(content)
    sys.stderr.write(f"{name}: {len(content):,} bytes\n")


if __name__ == "__main__":
    for record in (_record_podman, _record_containerd, _record_kubernetes):
        with tempfile.TemporaryDirectory() as place:
            record(Path(place))
