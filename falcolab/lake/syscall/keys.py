"""Keys that are equal for events of which the lake keeps the same.

The values of :mod:`falcolab.system.values` cost far more than these keys, and nearly all events find
theirs among those that were seen before.
"""

from __future__ import annotations

from collections.abc import Hashable
from operator import attrgetter

from falcolab.lake.syscall.referents import FD_SIZE, Fds, number, pointed
from falcolab.lake.syscall.traits import Traits
from falcolab.system.event import Event
from falcolab.system.files import base_directory
from falcolab.system.machine import Machine
from falcolab.system.params import succeeded
from falcolab.system.thread import Descriptor, Thread
from falcolab.system.values.strings import captured

PATH_FROM_DESCRIPTOR = frozenset({"openat", "openat2"})
PATH_AS_GIVEN = frozenset({"open", "creat", "accept", "accept4", "connect", "open_by_handle_at"})


def argument_key(trait: Traits, event: Event, thread: Thread | None, fds: Fds, machine: Machine) -> Hashable:
    """Equal for events whose arguments stand for the same; None where nothing simple tells it."""
    if not trait.taken:
        return trait.id
    params = event.params
    if (at := trait.fd_at) >= 0:
        raw = params[at] if at < len(params) else b""
        fd = fds.get(int.from_bytes(raw, "little", signed=True)) if len(raw) == FD_SIZE else None
        return trait.id, len(params), raw, None if fd is None else pointed(fd)
    if trait.is_dynamic:
        return None
    if trait.has_only_fds:
        return trait.id, len(params), *[_shown(params[at], fds) for at, _ in trait.taken if at < len(params)]
    taken = [
        params[index] if referent is None else (params[index], referent(params[index], fds, machine))
        for index, referent in trait.taken
        if index < len(params)
    ]
    if thread is None:
        return trait.id, len(params), *taken
    around = _around(event, thread, fds) if trait.looks_around else None
    cwd = machine.threads.cwd(thread) if trait.has_paths else None
    return trait.id, len(params), not thread.container_id, cwd, around, *taken


def _shown(raw: bytes, fds: Fds) -> Hashable:
    fd = fds.get(int.from_bytes(raw, "little", signed=True)) if len(raw) == FD_SIZE else None
    return raw if fd is None else (raw, pointed(fd))


def _around(event: Event, thread: Thread, fds: Fds) -> Hashable:
    """The descriptors that the event is about and that its thread used last."""
    own, last = event.fd, fds.get(thread.last_fd)
    return None if own is None else (own.type, own.name), None if last is None else last.name


def kind_key(trait: Traits, event: Event) -> Hashable:
    """Equal for events of one kind; None where nothing simple tells it."""
    params, own = event.params, event.fd
    result: bytes | int = params[0] if params else -1
    if result and isinstance(result, bytes):
        if result[-1] < _NEGATIVE:
            result = len(result)
        elif trait.resolves_result:
            return None
    kind = None if trait.kind is None else params[trait.kind]
    if own is None:
        return trait.id, result, kind
    return trait.id, result, kind, own.type, b"/dev/log" in own.name


_NEGATIVE = 0x80


def is_kept(trait: Traits, event: Event) -> bool:
    """Whether an event that may change descriptors leaves their types and names as they are."""
    params = event.params
    if trait.may_fail and params and (result := params[0]) and result[:8][-1] >= _NEGATIVE:
        return True
    if trait.closes:
        return event.fd is None or not succeeded(event)
    return trait.id == _FCNTL and len(params) > 2 and number(params[2]) not in _COPYING


_FCNTL = 151
_COPYING = (1, 26, None)
"""The commands of fcntl that make a descriptor."""


_recorded = attrgetter("type", "flags", "sock", "name", "nameraw", "dev", "ino")
"""What fields show of a descriptor's record."""


def file_key(
    trait: Traits, event: Event, thread: Thread, fd: Descriptor | None, machine: Machine
) -> Hashable:
    """Equal for events whose descriptors have the same values."""
    if fd is None:
        return _unmade(trait, event, thread, machine) if trait.has_fd else ()
    own = event.fd
    if not trait.has_fd:
        return fd.type, fd.flags, fd.sock, own is None
    return _recorded(fd), None if own is None else own.name != event.fd_old_name, thread.container_id


def _unmade(trait: Traits, event: Event, thread: Thread, machine: Machine) -> Hashable:
    """The same for calls that made no descriptor, or used one that is not known."""
    name, params = event.type.name, event.params
    if name in PATH_FROM_DESCRIPTOR:
        dirfd = number(params[1]) if len(params) > 2 else None
        base = None if dirfd is None else base_directory(machine, thread, captured(params[2]), dirfd)
        return trait.id, thread.container_id, params[1:3], base
    if name in PATH_AS_GIVEN:
        return trait.id, thread.container_id, params[1:4], machine.threads.cwd(thread)
    return trait.id, thread.container_id
