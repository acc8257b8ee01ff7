"""Fields of the container that a thread is in, and of its pod.

What is known of a container is the JSON object that its runtime's event brought; of the host
Falco's plugin knows that it is called ``host``. Without such an object only the id is there.
The events that bring the object show it themselves.

Source: ``plugins/container/src/caps/extract/extract.cpp`` of falcosecurity/plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import re2

from falcolab.fields.container import CONTAINER
from falcolab.lang.strings import to_bytes, to_text
from falcolab.system.containers import container_of
from falcolab.system.thread import Thread
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.event import ASYNC_EVENT
from falcolab.system.values.process import positive_index
from falcolab.system.values.strings import c_string, captured

Info = Mapping[str, Any]

_SHORT_ID = 12
_HOST_TYPE, _UNKNOWN_TYPE = 0xFFFE, 0xFFFF
_HOST: Info = {"id": "host", "full_id": "host", "name": "host", "type": _HOST_TYPE}
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
    _HOST_TYPE: "host",
}
_CONTAINER_EVENT = 324
_TELLING = frozenset({b"container", b"container_removed"})
_INTERNAL = ("annotation.", "io.kubernetes.")
_METADATA = Part.PROCESS | Part.CONTAINER


def _known(context: Context, container_id: bytes) -> Info | None:
    return context.machine.containers.get(container_id) if container_id else _HOST


def _told(context: Context) -> Info | None:
    """The object that the event itself brings."""
    event = context.event
    if event.type.id == _CONTAINER_EVENT:
        return container_of(event.params[0]) if event.params else None
    if event.type.id != ASYNC_EVENT or len(event.params) < 3:
        return None
    return container_of(event.params[2]) if captured(event.params[1]) in _TELLING else None


def _thread(context: Context) -> Thread | None:
    return context.machine.threads.get(context.event.tid)


def _info(context: Context) -> Info | None:
    """The object of the event itself, or of its thread's container."""
    told = _told(context)
    if told is not None:
        return told
    thread = _thread(context)
    return None if thread is None else _known(context, thread.container_id)


def metadata_of(context: Context) -> dict[bytes, Info]:
    """What is known of the event's container, and of the sandbox that speaks for it, by the thread's ids."""
    info, thread = _info(context), _thread(context)
    if info is None:
        return {}
    sandbox = _sandbox(context, info)
    others = {} if sandbox is None else {to_bytes(string_of(info, "pod_sandbox_id"))[:_SHORT_ID]: sandbox}
    return {**others, b"" if thread is None else thread.container_id: info}


def string_of(info: Info, key: str) -> str:
    """A string of the object; empty if it has none."""
    return _text(info.get(key))


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return to_text(c_string(value.encode("utf-8", "surrogatepass")))


def _labels(info: Info, key: str) -> dict[str, str]:
    """The labels under a key, in the order of their bytes."""
    found = info.get(key)
    if not isinstance(found, dict):
        return {}
    labels = {_text(name): _text(value) for name, value in found.items()}
    return dict(sorted(labels.items(), key=lambda label: to_bytes(label[0])))


def _joined(labels: Mapping[str, str]) -> str:
    """The labels that are not for internal use: ``name:value, name``."""
    shown = ((name, value) for name, value in labels.items() if not name.startswith(_INTERNAL))
    return ", ".join(f"{name}:{value}" if value else name for name, value in shown)


def _sandbox(context: Context, info: Info) -> Info | None:
    """The entry of the pod's sandbox, which speaks for a container without network of its own.

    A container that names no sandbox gets the host's, as in Falco.
    """
    if string_of(info, "cni_json"):
        return None
    return _known(context, to_bytes(string_of(info, "pod_sandbox_id"))[:_SHORT_ID])


def _of(value: Callable[[Info], Value]) -> Extractor:
    """A field that the object tells; absent without one."""

    def extract(context: Context, _arg: str | None) -> Value:
        info = _info(context)
        return None if info is None else value(info)

    return Extractor(extract, _METADATA)


def _string(key: str) -> Extractor:
    return _of(lambda info: string_of(info, key))


def _flag(key: str) -> Extractor:
    return _of(lambda info: info.get(key) is True)


def _pod_label(name: str) -> Extractor:
    """A label that Kubernetes puts on every container."""
    return _of(lambda info: _labels(info, "labels").get(name))


def _id(context: Context, _arg: str | None) -> str | None:
    info = _info(context)
    if info is not None:
        return string_of(info, "id")
    thread = _thread(context)
    return None if thread is None else to_text(thread.container_id)


def _type(info: Info) -> str:
    number = info.get("type", _UNKNOWN_TYPE)
    return _TYPES.get(number, "") if isinstance(number, int) else ""


def _label(context: Context, arg: str | None) -> str | None:
    info = _info(context)
    return None if info is None else _labels(info, "labels").get(arg or "")


def _shared_label(context: Context, arg: str | None) -> str | None:
    """A label of the pod: of its sandbox, or else as the container has it."""
    info = _info(context)
    if info is None:
        return None
    sandbox = _sandbox(context, info)
    found = None if sandbox is None else _labels(sandbox, "pod_sandbox_labels").get(arg or "")
    return _labels(info, "pod_sandbox_labels").get(arg or "") if found is None else found


def _shared_labels(context: Context, _arg: str | None) -> str | None:
    info = _info(context)
    if info is None:
        return None
    return _joined(_labels(_sandbox(context, info) or info, "pod_sandbox_labels"))


def _shared(key: str) -> Extractor:
    """A string of the network set-up, which is the sandbox's if the container has none."""

    def extract(context: Context, _arg: str | None) -> str | None:
        info = _info(context)
        if info is None:
            return None
        source = info if string_of(info, "cni_json") else _sandbox(context, info)
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
        info, index = _info(context), positive_index(arg)
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
    thread = None if _told(context) is not None else _thread(context)
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
    "container.labels": _of(lambda info: _joined(_labels(info, "labels"))),
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
    "k8s.pod.sandbox_id": _of(lambda info: to_text(to_bytes(string_of(info, "pod_sandbox_id"))[:_SHORT_ID])),
    "k8s.pod.full_sandbox_id": _string("pod_sandbox_id"),
    "k8s.pod.label": Extractor(_shared_label, _METADATA),
    "k8s.pod.labels": Extractor(_shared_labels, _METADATA),
    "k8s.pod.ip": _shared("ip"),
    "k8s.pod.cni.json": _shared("cni_json"),
}
"""The fields of the container plugin."""
