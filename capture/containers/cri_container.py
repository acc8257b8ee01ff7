"""What a CRI runtime says of a container and of its pod, as a container.

Source: ``plugins/container/go-worker/pkg/container/cri.go`` of falcosecurity/plugins. Otherwise than
there, a registry's port is none before a tag, the interfaces of the network are told, and the sandbox
of a pod is a container of its own.
"""

from __future__ import annotations

from typing import Any

from capture.containers.container import (
    POD_NAME,
    POD_NAMESPACE,
    POD_UID,
    SANDBOX_ID,
    Container,
    Mount,
    Runtime,
)
from capture.containers.cri_info import Info, read_info
from capture.containers.cri_messages import NODE, PROPAGATIONS
from capture.containers.image import Image, is_digest

_IMAGE_NAMES = ("io.kubernetes.cri.image-name", "io.kubernetes.cri-o.Image", "io.kubernetes.cri-o.ImageName")
_NS_PER_S = 10**9


def container_of(answer: Any, sandbox: Any, runtime: Runtime) -> Container:
    """A container.

    Args:
        answer: a ``ContainerStatusResponse``.
        sandbox: the ``PodSandboxStatusResponse`` of its pod; empty if there is none any more.
        runtime: which of the runtimes answered.
    """
    status, info = answer.status, read_info(answer.info)
    return Container(
        runtime=runtime,
        full_id=status.id,
        name=status.metadata.name,
        image=_image(status, info),
        user=str(status.user.linux.uid) if status.HasField("user") else "",
        created=status.created_at // _NS_PER_S,
        privileged=info.is_privileged,
        labels={**status.labels, **_pod(sandbox.status)},
        mounts=tuple(map(_mount, status.mounts)),
        **_shared(sandbox),
    )


def sandbox_of(sandbox: Any, runtime: Runtime) -> Container:
    """The sandbox of a pod, from its ``PodSandboxStatusResponse``."""
    status, info = sandbox.status, read_info(sandbox.info)
    return Container(
        runtime=runtime,
        full_id=status.id,
        name=status.metadata.name,
        image=Image.named(info.image),
        created=status.created_at // _NS_PER_S,
        privileged=info.is_privileged,
        is_sandbox=True,
        labels=_pod(status),
        **_shared(sandbox),
    )


def _shared(sandbox: Any) -> dict[str, Any]:
    """What all containers of a pod have in common."""
    status = sandbox.status
    modes = status.linux.namespaces.options
    return {
        "host_pid": modes.pid == NODE,
        "host_network": modes.network == NODE,
        "host_ipc": modes.ipc == NODE,
        "ip": status.network.ip,
        "cni_json": read_info(sandbox.info).cni_json(),
        "sandbox_id": status.id,
        "pod_labels": dict(status.labels),
    }


def _pod(status: Any) -> dict[str, str]:
    """The labels by which fields know a pod. The runtime's word counts, not what a label claims."""
    pod = status.metadata
    return {
        SANDBOX_ID: status.id,
        POD_NAME: pod.name,
        POD_NAMESPACE: pod.namespace,
        POD_UID: pod.uid,
    }


def _image(status: Any, info: Info) -> Image:
    """The image; its reference has one of the forms ``host/image@sha256:digest`` and ``sha256:digest``."""
    repository, at, digest = status.image_ref.partition("@")
    if not at and is_digest(repository):
        repository, digest = "", repository
    named = [status.image.image, *(info.annotations.get(key, "") for key in _IMAGE_NAMES), repository]
    name = next((each for each in named if each and not is_digest(each)), "")
    # The kubelet asks for images by their ids; where it is a bare digest, the reference is the id as well.
    ids = (info.config.image.image, status.image_id, status.image_ref)
    return Image.named(name, digest=digest, image_id=next(filter(is_digest, ids), ""))


def _mount(mount: Any) -> Mount:
    return Mount(
        source=mount.host_path,
        destination=mount.container_path,
        writable=not mount.readonly,
        propagation=PROPAGATIONS.get(mount.propagation, "unknown"),
    )
