"""What is known of a container, and the JSON object by which captures tell it.

The keys are those of Falco's container events (``plugins/container/go-worker/pkg/event`` of
falcosecurity/plugins). Left out is what no field shows: limits of processor and memory, sizes, ports,
and the environment, which often holds secrets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from capture.containers.image import Image
from capture.containers.limits import (
    MAX_JSON,
    MAX_LABEL_NAME,
    MAX_LABEL_VALUE,
    MAX_LABELS,
    MAX_MOUNTS,
    MAX_PATH,
    MAX_TEXT,
)

Metadata = dict[str, Any]
"""The object ``container`` of a container event."""

SHORT_ID = 12
POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
SANDBOX_ID = "io.kubernetes.sandbox.id"
_KEPT = (POD_NAME, POD_NAMESPACE, POD_UID, SANDBOX_ID, "io.kubernetes.container.name")
"""Labels that stay when others have to go: fields of the pod read them."""


class Runtime(IntEnum):
    """What runs a container, by Falco's numbers."""

    DOCKER = 0
    CRI = 6
    CONTAINERD = 7
    CRIO = 8
    PODMAN = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A folder or file of the host, or a volume, as the container sees it."""

    source: str
    destination: str
    mode: str = ""
    writable: bool = True
    propagation: str = ""

    def metadata(self) -> Metadata:
        """The mount as events tell it."""
        return {
            "Source": _cut(self.source, MAX_PATH),
            "Destination": _cut(self.destination, MAX_PATH),
            "Mode": _cut(self.mode),
            "RW": self.writable,
            "Propagation": _cut(self.propagation),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container, or the sandbox of a pod.

    Attributes:
        runtime: what runs it.
        full_id: 64 hexadecimal digits.
        user: as the runtime was told: a name, a number, or both.
        created: seconds since 1970.
        cni_json: the pod's network interfaces, JSON text.
        sandbox_id: of the pod's sandbox, in full; empty outside of pods.
        pod_labels: of the pod; ``labels`` are the container's own.
        namespace_labels: of the pod's namespace; Falco knows none.
    """

    runtime: Runtime
    full_id: str
    name: str = ""
    image: Image = field(default_factory=Image)
    user: str = ""
    created: int = 0
    privileged: bool = False
    host_pid: bool = False
    host_network: bool = False
    host_ipc: bool = False
    ip: str = ""
    cni_json: str = ""
    is_sandbox: bool = False
    sandbox_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()

    def metadata(self) -> Metadata:
        """The object that events bring, within the limits; ``truncated`` is there and true if it had more."""
        whole: Metadata = {
            "type": int(self.runtime),
            "id": self.full_id[:SHORT_ID],
            "full_id": _cut(self.full_id),
            "name": _cut(self.name),
            **_image(self.image),
            "User": _cut(self.user),
            "created_time": self.created,
            "privileged": self.privileged,
            "host_pid": self.host_pid,
            "host_network": self.host_network,
            "host_ipc": self.host_ipc,
            "ip": _cut(self.ip),
            "cni_json": _cut(self.cni_json, MAX_PATH),
            "is_pod_sandbox": self.is_sandbox,
            "pod_sandbox_id": _cut(self.sandbox_id),
            "pod_sandbox_labels": _labels(self.pod_labels),
            "labels": _labels(self.labels),
            "Mounts": [mount.metadata() for mount in self.mounts[:MAX_MOUNTS]],
        }
        if self.namespace_labels:
            whole["namespace_labels"] = _labels(self.namespace_labels)
        if len(self.mounts) > MAX_MOUNTS:
            whole["truncated"] = True
        return _fitted(whole)


def json_text(metadata: Metadata) -> bytes:
    """The JSON text that an event brings."""
    return json.dumps({"container": metadata}, ensure_ascii=False, separators=(",", ":")).encode()


def _image(image: Image) -> Metadata:
    return {
        "image": _cut(image.name),
        "imageid": _cut(image.id),
        "imagerepo": _cut(image.repository),
        "imagetag": _cut(image.tag),
        "imagedigest": _cut(image.digest),
    }


def _cut(text: str, limit: int = MAX_TEXT) -> str:
    """The beginning of a text that has at most so many bytes; what is no character becomes ``?``."""
    return text.encode(errors="replace")[:limit].decode(errors="ignore")


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of permitted length, the important ones first, then by name."""
    short = sorted(
        (name not in _KEPT, name) for name, value in labels.items() if _is_short(name, MAX_LABEL_NAME, value)
    )
    return {_cut(name): _cut(labels[name]) for _, name in short[:MAX_LABELS]}


def _is_short(name: str, limit: int, value: str) -> bool:
    too_long = len(name.encode(errors="replace")) > limit
    return not too_long and len(value.encode(errors="replace")) <= MAX_LABEL_VALUE


def _fitted(whole: Metadata) -> Metadata:
    """The object without what makes it too long: labels before mounts, for rules look at mounts."""
    if len(json_text(whole)) <= MAX_JSON:
        return whole
    whole = {key: value for key, value in whole.items() if key != "namespace_labels"} | {"truncated": True}
    for key in ("labels", "pod_sandbox_labels"):
        whole[key] = {name: value for name, value in whole[key].items() if name in _KEPT}
    while len(json_text(whole)) > MAX_JSON:
        whole["Mounts"] = whole["Mounts"][: len(whole["Mounts"]) // 2]
    return whole
