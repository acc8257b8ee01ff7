"""What is known of containers: which thread is in which, and what the runtimes told of them.

Captures hold what the recording Falco learned, as events with JSON. Nothing else is asked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from falcolab.system.cgroups import OTHER
from falcolab.system.limits import MAX_CONTAINER_JSON, MAX_CONTAINERS, MAX_CONTAINERS_JSON
from falcolab.system.params import raw, signed, text
from falcolab.system.thread import Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

PLACING = frozenset({223, 225, 227, 335, 293, 331, 267})
"""After these events, when they succeed, Falco looks again in which container their thread is."""


def place(machine: Machine, thread: Thread) -> None:
    """Find the container that a thread is in."""
    thread.container_id, type_ = machine.cgroups.container(thread)
    if type_ != OTHER and thread.container_id not in machine.containers:
        identity = thread.container_id.decode("utf-8", "surrogateescape")
        _keep(machine, thread.container_id, {"id": identity, "type": type_})


def place_again(machine: Machine, event: Event) -> None:
    """The same for the thread in which an event happened."""
    result = signed(event, 0)
    thread = machine.threads.get(event.tid)
    if result is not None and result >= 0 and thread is not None:
        place(machine, thread)


def _told(machine: Machine, event: Event) -> None:
    """A container was found, long ago in an event of its own."""
    _take(machine, raw(event, 0))


def _told_by_plugin(machine: Machine, event: Event) -> None:
    """A container was found or has gone."""
    name = text(event, 1)
    if name == b"container":
        _take(machine, raw(event, 2))
    elif name == b"container_removed" and (container := container_of(raw(event, 2))) is not None:
        _forget(machine, _id(container))


def _take(machine: Machine, value: bytes) -> None:
    container = container_of(value)
    if container is None or not (identity := _id(container)):
        return
    size = machine.containers_size - machine.container_sizes.get(identity, 0) + len(value)
    if size <= MAX_CONTAINERS_JSON and _keep(machine, identity, container):
        machine.container_sizes[identity] = len(value)
        machine.containers_size = size


def _forget(machine: Machine, identity: bytes) -> None:
    machine.containers.pop(identity, None)
    machine.containers_size -= machine.container_sizes.pop(identity, 0)


def _keep(machine: Machine, identity: bytes, container: dict[str, Any]) -> bool:
    """Know a container, if there is room; whether there was."""
    is_room = len(machine.containers) < MAX_CONTAINERS or identity in machine.containers
    if is_room:
        machine.containers[identity] = container
    return is_room


def container_of(value: bytes) -> dict[str, Any] | None:
    """The object ``container`` of a JSON text."""
    if len(value) > MAX_CONTAINER_JSON:
        return None
    try:
        whole = json.loads(value.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None
    container = whole.get("container") if isinstance(whole, dict) else None
    return container if isinstance(container, dict) else None


def _id(container: dict[str, Any]) -> bytes:
    identity = container.get("id")
    return identity.encode("utf-8", "surrogateescape") if isinstance(identity, str) else b""


OBSERVERS = {
    324: _told,
    402: _told_by_plugin,
}
