"""containerd with folders of its own, driven through the CRI as the kubelet does."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from capture.containers.cri_messages import MESSAGES, SERVICE
from capture.containers.protobuf import Fields, message_classes
from tests.e2e_containers.images import save_image
from tests.e2e_containers.processes import output_of, serving

IMAGE, PAUSE = "localhost/busybox:1", "localhost/pause:1"
POD = {"name": "web-0", "uid": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "namespace": "shop"}
NODE = 2
_BRIDGE = "flab-e2e0"

_DRIVING: dict[str, Fields] = {
    "RunPodSandboxRequest": {"config": (1, "PodSandboxConfig")},
    "RunPodSandboxResponse": {"pod_sandbox_id": (1, "string")},
    "PodSandboxConfig": {
        "metadata": (1, "PodSandboxMetadata"),
        "hostname": (2, "string"),
        "log_directory": (3, "string"),
        "labels": (6, "map"),
        "linux": (8, "LinuxPodSandboxConfig"),
    },
    "LinuxPodSandboxConfig": {
        "cgroup_parent": (1, "string"),
        "security_context": (2, "LinuxSandboxSecurityContext"),
    },
    "LinuxSandboxSecurityContext": {"namespace_options": (1, "NamespaceOption"), "privileged": (6, "bool")},
    "CreateContainerRequest": {
        "pod_sandbox_id": (1, "string"),
        "config": (2, "ContainerConfig"),
        "sandbox_config": (3, "PodSandboxConfig"),
    },
    "CreateContainerResponse": {"container_id": (1, "string")},
    "ContainerConfig": {
        "metadata": (1, "ContainerMetadata"),
        "image": (2, "ImageSpec"),
        "command": (3, "repeated string"),
        "envs": (6, "repeated KeyValue"),
        "mounts": (7, "repeated Mount"),
        "labels": (9, "map"),
        "linux": (15, "LinuxContainerConfig"),
    },
    "KeyValue": {"key": (1, "string"), "value": (2, "string")},
    "LinuxContainerConfig": {"security_context": (2, "LinuxContainerSecurityContext")},
    "LinuxContainerSecurityContext": {"privileged": (2, "bool")},
    "StartContainerRequest": {"container_id": (1, "string")},
    "StartContainerResponse": {},
    "StopPodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "StopPodSandboxResponse": {},
    "RemovePodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "RemovePodSandboxResponse": {},
}
CLASSES = message_classes(MESSAGES | _DRIVING)


@dataclass(frozen=True)
class Pod:
    """A pod with one container."""

    sandbox_id: str
    container_id: str


class Containerd:
    """A containerd that shares nothing with the machine's, but the network interfaces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "containerd.sock"
        self._daemon = contextlib.ExitStack()
        options = [("grpc.default_authority", "localhost"), ("grpc.max_reconnect_backoff_ms", 200)]
        self._channel = grpc.insecure_channel(f"unix:{self.socket}", options)

    def call(self, name: str, **fields: Any) -> Any:
        """The answer to a call of the CRI."""
        request, response = CLASSES[f"{name}Request"], CLASSES[f"{name}Response"]
        call = self._channel.unary_unary(
            SERVICE + name,
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return call(request(**fields), timeout=60, wait_for_ready=True)

    @contextlib.contextmanager
    def service(self) -> Iterator[None]:
        """The daemon itself; containers outlive it."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def start(self) -> None:
        """Start the daemon."""
        config = self.folder / "config.toml"
        config.write_text(self._config())
        (self.folder / "cni").mkdir(exist_ok=True)
        (self.folder / "cni/10-flab.conflist").write_text(json.dumps(self._network()))
        log = self.folder / "containerd.log"
        self._daemon.enter_context(serving(["containerd", "-c", config], log, self.socket.exists))

    def stop(self) -> None:
        """Stop the daemon; its socket goes with it."""
        self._daemon.close()
        self.socket.unlink(missing_ok=True)

    def _config(self) -> str:
        cri = 'plugins."io.containerd.grpc.v1.cri"'
        return f"""
            version = 2
            root = "{self.folder}/root"
            state = "{self.folder}/state"
            [grpc]
              address = "{self.socket}"
            [{cri}]
              sandbox_image = "{PAUSE}"
              restrict_oom_score_adj = true
            [{cri}.cni]
              conf_dir = "{self.folder}/cni"
              bin_dir = "/usr/lib/cni"
            [{cri}.containerd]
              snapshotter = "native"
        """

    def _network(self) -> dict[str, Any]:
        addresses = {"type": "host-local", "dataDir": f"{self.folder}/ipam", "subnet": "10.244.79.0/24"}
        bridge = {"type": "bridge", "bridge": _BRIDGE, "isGateway": True, "ipMasq": False, "ipam": addresses}
        return {"cniVersion": "0.4.0", "name": "flab", "plugins": [bridge]}

    def load(self) -> None:
        """Have the images."""
        for reference, entrypoint in ((IMAGE, ["/bin/busybox"]), (PAUSE, ["/bin/sleep", "1000000"])):
            archive = self.folder / "image.tar"
            save_image(archive, reference, entrypoint)
            output_of("ctr", "-a", self.socket, "-n", "k8s.io", "images", "import", archive)

    @contextlib.contextmanager
    def running(self, *, privileged: bool = False, network: int = 0, **pod: str) -> Iterator[Pod]:
        """A pod with a container that sleeps."""
        config = self._sandbox({**POD, **pod}, network)
        sandbox_id = self.call("RunPodSandbox", config=config).pod_sandbox_id
        try:
            container_id = self.call(
                "CreateContainer",
                pod_sandbox_id=sandbox_id,
                config=self._container(privileged=privileged),
                sandbox_config=config,
            ).container_id
            self.call("StartContainer", container_id=container_id)
            yield Pod(sandbox_id, container_id)
        finally:
            self.call("StopPodSandbox", pod_sandbox_id=sandbox_id)
            self.call("RemovePodSandbox", pod_sandbox_id=sandbox_id)

    def _sandbox(self, pod: dict[str, str], network: int) -> Any:
        namespaces = CLASSES["NamespaceOption"](network=network, pid=1)
        security = CLASSES["LinuxSandboxSecurityContext"](privileged=True, namespace_options=namespaces)
        return CLASSES["PodSandboxConfig"](
            metadata=CLASSES["PodSandboxMetadata"](**pod),
            hostname="" if network == NODE else pod["name"],
            log_directory=str(self.folder / "logs"),
            labels={"app": "web", "io.kubernetes.pod.name": pod["name"]},
            linux=CLASSES["LinuxPodSandboxConfig"](
                cgroup_parent=f"/kubepods/besteffort/pod{pod['uid']}", security_context=security
            ),
        )

    def _container(self, *, privileged: bool) -> Any:
        security = CLASSES["LinuxContainerSecurityContext"](privileged=privileged)
        return CLASSES["ContainerConfig"](
            metadata=CLASSES["ContainerMetadata"](name="web"),
            image=CLASSES["ImageSpec"](image=IMAGE),
            command=["/bin/sleep", "1000"],
            envs=[CLASSES["KeyValue"](key="TOKEN", value="secret")],
            mounts=[CLASSES["Mount"](container_path="/data", host_path="/tmp", readonly=True)],
            labels={"io.kubernetes.container.name": "web"},
            linux=CLASSES["LinuxContainerConfig"](security_context=security),
        )

    def pid_of(self, full_id: str) -> int:
        """The first process of a container or sandbox."""
        listed = output_of("ctr", "-a", self.socket, "-n", "k8s.io", "tasks", "ls")
        return next(int(line.split()[1]) for line in listed.splitlines() if line.startswith(full_id))

    def close(self) -> None:
        """Close the connection and take the bridge away."""
        self._channel.close()
        output_of("ip", "link", "delete", _BRIDGE)
