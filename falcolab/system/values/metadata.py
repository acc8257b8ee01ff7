"""What is known of containers: the JSON objects that their runtimes' events brought.

The objects are as they were captured; whatever in them is of another type than it should be
reads as empty. Source: ``plugins/container/src`` of falcosecurity/plugins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falcolab.lang.strings import to_bytes, to_text
from falcolab.system.containers import container_of
from falcolab.system.thread import Thread
from falcolab.system.values.context import Context
from falcolab.system.values.event import ASYNC_EVENT
from falcolab.system.values.strings import c_string, captured

Info = Mapping[str, Any]

SHORT_ID = 12
HOST_TYPE, UNKNOWN_TYPE = 0xFFFE, 0xFFFF
_HOST: Info = {"id": "host", "full_id": "host", "name": "host", "type": HOST_TYPE}
_CONTAINER_EVENT = 324
_TELLING = frozenset({b"container", b"container_removed"})
_INTERNAL = ("annotation.", "io.kubernetes.")


def known(context: Context, container_id: bytes) -> Info | None:
    """The object of a container; empty id: of the host."""
    return context.machine.containers.get(container_id) if container_id else _HOST


def told_by(context: Context) -> Info | None:
    """The object that the event itself brings."""
    event = context.event
    if event.type.id == _CONTAINER_EVENT:
        return container_of(event.params[0]) if event.params else None
    if event.type.id != ASYNC_EVENT or len(event.params) < 3:
        return None
    return container_of(event.params[2]) if captured(event.params[1]) in _TELLING else None


def thread_of(context: Context) -> Thread | None:
    """The thread by whose container the event is judged."""
    return context.machine.threads.get(context.event.tid)


def info_of(context: Context) -> Info | None:
    """The object of the event itself, or of its thread's container."""
    told = told_by(context)
    if told is not None:
        return told
    thread = thread_of(context)
    return None if thread is None else known(context, thread.container_id)


def string_of(info: Info, key: str) -> str:
    """A string of the object; empty if it has none."""
    return _text(info.get(key))


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return to_text(c_string(value.encode("utf-8", "surrogatepass")))


def labels_of(info: Info, key: str) -> dict[str, str]:
    """The labels under a key, in the order of their bytes."""
    found = info.get(key)
    if not isinstance(found, dict):
        return {}
    labels = {_text(name): _text(value) for name, value in found.items()}
    return dict(sorted(labels.items(), key=lambda label: to_bytes(label[0])))


def joined(labels: Mapping[str, str]) -> str:
    """The labels that are not for internal use: ``name:value, name``."""
    shown = ((name, value) for name, value in labels.items() if not name.startswith(_INTERNAL))
    return ", ".join(f"{name}:{value}" if value else name for name, value in shown)


def sandbox_of(context: Context, info: Info) -> Info | None:
    """The entry of the pod's sandbox, which speaks for a container without network of its own.

    A container that names no sandbox gets the host's, as in Falco.
    """
    if string_of(info, "cni_json"):
        return None
    return known(context, to_bytes(string_of(info, "pod_sandbox_id"))[:SHORT_ID])
