"""Fields of the container that a thread is in, and of its pod.

What is known of a container is the JSON object that its runtime's event brought; of the host
Falco's plugin knows that it is called ``host``. Without such an object only the id is there.
The events that bring the object show it themselves.

Source: ``plugins/container/src/caps/extract/extract.cpp`` of falcosecurity/plugins.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

from falcolab.fields.container import CONTAINER
from falcolab.lang.strings import to_bytes, to_text
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.metadata import (
    HOST_TYPE,
    SHORT_ID,
    UNKNOWN_TYPE,
    Info,
    info_of,
    joined,
    labels_of,
    sandbox_of,
    string_of,
    thread_of,
    told_by,
)
from falcolab.system.values.process import positive_index

_TYPES = {
    0: "docker",
    1: "lxc",
    2: "libvirt-lxc",
    3: "mesos",
    4: "rkt",
    6: "cri",
    7: "containerd",
    8: "cri-o",
    9: "bpm",
    11: "podman",
    HOST_TYPE: "host",
}
_METADATA = Part.PROCESS | Part.CONTAINER


def metadata_of(context: Context) -> dict[bytes, Info]:
    """What is known of the event's container, and of the sandbox that speaks for it, by the thread's ids."""
    info, thread = info_of(context), thread_of(context)
    if info is None:
        return {}
    sandbox = sandbox_of(context, info)
    others = {} if sandbox is None else {to_bytes(string_of(info, "pod_sandbox_id"))[:SHORT_ID]: sandbox}
    return {**others, b"" if thread is None else thread.container_id: info}


def _of(value: Callable[[Info], Value]) -> Extractor:
    """A field that the object tells; absent without one."""

    def extract(context: Context, _arg: str | None) -> Value:
        info = info_of(context)
        return None if info is None else value(info)

    return Extractor(extract, _METADATA)


def _string(key: str) -> Extractor:
    return _of(lambda info: string_of(info, key))


def _flag(key: str) -> Extractor:
    return _of(lambda info: info.get(key) is True)


def _pod_label(name: str) -> Extractor:
    """A label that Kubernetes puts on every container."""
    return _of(lambda info: labels_of(info, "labels").get(name))


def _id(context: Context, _arg: str | None) -> str | None:
    info = info_of(context)
    if info is not None:
        return string_of(info, "id")
    thread = thread_of(context)
    return None if thread is None else to_text(thread.container_id)


def _type(info: Info) -> str:
    number = info.get("type", UNKNOWN_TYPE)
    return _TYPES.get(number, "") if isinstance(number, int) else ""


def _label(context: Context, arg: str | None) -> str | None:
    info = info_of(context)
    return None if info is None else labels_of(info, "labels").get(arg or "")


def _shared_label(context: Context, arg: str | None) -> str | None:
    """A label of the pod: of its sandbox, or else as the container has it."""
    info = info_of(context)
    if info is None:
        return None
    sandbox = sandbox_of(context, info)
    found = None if sandbox is None else labels_of(sandbox, "pod_sandbox_labels").get(arg or "")
    return labels_of(info, "pod_sandbox_labels").get(arg or "") if found is None else found


def _shared_labels(context: Context, _arg: str | None) -> str | None:
    info = info_of(context)
    if info is None:
        return None
    return joined(labels_of(sandbox_of(context, info) or info, "pod_sandbox_labels"))


def _shared(key: str) -> Extractor:
    """A string of the network set-up, which is the sandbox's if the container has none."""

    def extract(context: Context, _arg: str | None) -> str | None:
        info = info_of(context)
        if info is None:
            return None
        source = info if string_of(info, "cni_json") else sandbox_of(context, info)
        return None if source is None else string_of(source, key)

    return Extractor(extract, _METADATA)


def _mounts(info: Info) -> list[Info]:
    mounts = info.get("Mounts")
    return [each for each in mounts if isinstance(each, dict)] if isinstance(mounts, list) else []


def _writable(mount: Info) -> str:
    return "true" if mount.get("RW") is True else "false"


def _mount_text(mount: Info) -> str:
    source, target, mode = (string_of(mount, key) for key in ("Source", "Destination", "Mode"))
    return f"{source}:{target}:{mode}:{_writable(mount)}:{string_of(mount, 'Propagation')}"


_QUIET = re2.Options()
_QUIET.log_errors = False


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:
    try:
        return re2.compile(f"(?m){text}", _QUIET)
    except re2.error:
        return None


def _mount(value: Callable[[Info], str], sought: str = "Source") -> Extractor:
    """A field of the mount at a position, or of the first whose ``sought`` has a match of a pattern."""

    def extract(context: Context, arg: str | None) -> str | None:
        info, index = info_of(context), positive_index(arg)
        mounts = [] if info is None else _mounts(info)
        if index is not None:
            return value(mounts[index]) if index < len(mounts) else None
        pattern = _pattern(arg or "")
        found = (each for each in mounts if pattern is not None and pattern.search(string_of(each, sought)))
        return next(map(value, found), None)

    return Extractor(extract, _METADATA)


def _mount_string(key: str, sought: str = "Source") -> Extractor:
    return _mount(lambda mount: string_of(mount, key), sought)


def _started(context: Context) -> int | None:
    thread = None if told_by(context) is not None else thread_of(context)
    return None if thread is None else thread.pidns_init_start_ts or None


def _duration(context: Context, _arg: str | None) -> int | None:
    started = _started(context)
    return None if started is None else (context.event.time - started) % 2**64


_NOTHING = Extractor(lambda _context, _arg: None, Part.NONE)
_PROBES = ("healthcheck", "liveness_probe", "readiness_probe")
_RETIRED = ("k8s.rc.", "k8s.svc.", "k8s.rs.", "k8s.deployment.", "k8s.ns.id", "k8s.ns.label")

FIELDS: dict[str, Extractor] = {
    **{field.name: _NOTHING for field in CONTAINER if field.name.startswith(_RETIRED)},
    **{f"{prefix}{kind}": _NOTHING for prefix in ("container.", "proc.is_container_") for kind in _PROBES},
    "container.id": Extractor(_id, _METADATA),
    "container.full_id": _string("full_id"),
    "container.name": _string("name"),
    "container.image": _string("image"),
    "container.image.id": _string("imageid"),
    "container.image.repository": _string("imagerepo"),
    "container.image.tag": _string("imagetag"),
    "container.image.digest": _string("imagedigest"),
    "container.type": _of(_type),
    "container.privileged": _flag("privileged"),
    "container.host_pid": _flag("host_pid"),
    "container.host_network": _flag("host_network"),
    "container.host_ipc": _flag("host_ipc"),
    "container.ip": _string("ip"),
    "container.cni.json": _string("cni_json"),
    "container.label": Extractor(_label, _METADATA),
    "container.labels": _of(lambda info: joined(labels_of(info, "labels"))),
    "container.mounts": _of(lambda info: ",".join(map(_mount_text, _mounts(info)))),
    "container.mount": _mount(_mount_text),
    "container.mount.source": _mount_string("Source", "Destination"),
    "container.mount.dest": _mount_string("Destination"),
    "container.mount.mode": _mount_string("Mode"),
    "container.mount.rdwr": _mount(_writable),
    "container.mount.propagation": _mount_string("Propagation"),
    "container.start_ts": Extractor(lambda context, _arg: _started(context), Part.PROCESS),
    "container.duration": Extractor(_duration, Part.PROCESS | Part.EVENT),
    "k8s.pod.name": _pod_label("io.kubernetes.pod.name"),
    "k8s.ns.name": _pod_label("io.kubernetes.pod.namespace"),
    "k8s.pod.id": _pod_label("io.kubernetes.pod.uid"),
    "k8s.pod.uid": _pod_label("io.kubernetes.pod.uid"),
    "k8s.pod.sandbox_id": _of(lambda info: to_text(to_bytes(string_of(info, "pod_sandbox_id"))[:SHORT_ID])),
    "k8s.pod.full_sandbox_id": _string("pod_sandbox_id"),
    "k8s.pod.label": Extractor(_shared_label, _METADATA),
    "k8s.pod.labels": Extractor(_shared_labels, _METADATA),
    "k8s.pod.ip": _shared("ip"),
    "k8s.pod.cni.json": _shared("cni_json"),
}
"""The fields of the container plugin."""
