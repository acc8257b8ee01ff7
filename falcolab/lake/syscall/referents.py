"""What parameters refer to in the state: a descriptor, a process, a user."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter

from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor
from falcolab.system.values.params import fd_list

Fds = Mapping[int, Descriptor]

Referent = Callable[[bytes, Fds, Machine], Hashable]
"""What a parameter refers to in the state."""


FD_SIZE = 8
_SIZES = (1, 2, 4)


def number(raw: bytes) -> int | None:
    """The number in a parameter; None if it has no size of one."""
    if len(raw) == FD_SIZE or len(raw) in _SIZES:
        return int.from_bytes(raw, "little", signed=True)
    return None


pointed = attrgetter("type", "flags", "name", "sock")
"""What parameters show of a descriptor."""


def descriptor_of(raw: bytes, fds: Fds, _machine: Machine) -> Hashable:
    """The descriptor with the number in a parameter."""
    known = number(raw)
    fd = None if known is None else fds.get(known)
    return None if fd is None else pointed(fd)


def _descriptors_of(raw: bytes, fds: Fds, _machine: Machine) -> Hashable:
    found = (fds.get(each) for each, _ in fd_list(raw))
    return tuple(None if fd is None else pointed(fd) for fd in found)


def process_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    """The name of the process with the number in a parameter."""
    known = number(raw)
    thread = None if known is None else machine.threads.get(known)
    return None if thread is None else thread.comm


def _user_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    user = machine.users.user(b"", int.from_bytes(raw[:8], "little"))
    return None if user is None else user.name


def _group_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    group = machine.users.group(b"", int.from_bytes(raw[:8], "little"))
    return None if group is None else group.name


REFERENTS: dict[str, Referent] = {
    "FD": descriptor_of,
    "FDLIST": _descriptors_of,
    "PID": process_of,
    "UID": _user_of,
    "GID": _group_of,
}
