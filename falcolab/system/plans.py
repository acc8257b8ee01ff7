"""What the machine does with each type of event: a table that is made from the table of types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from falcolab.system import (
    clone,
    containers,
    execve,
    files,
    handles,
    identity,
    memory,
    socket_events,
    users,
)
from falcolab.system.event_type import EventType
from falcolab.system.tables import event_types
from falcolab.system.thread import Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

Handler = Callable[["Machine", "Event", Thread], None]
"""Changes the tables by an event of a thread."""

Observer = Callable[["Machine", "Event"], None]
"""Changes the tables by an event that need not have a thread."""

HANDLERS: dict[int, Handler] = {
    **files.HANDLERS,
    **handles.HANDLERS,
    **socket_events.HANDLERS,
    **execve.HANDLERS,
    **identity.HANDLERS,
    **memory.HANDLERS,
}

OBSERVERS: dict[int, Observer] = {
    **clone.OBSERVERS,
    **containers.OBSERVERS,
    **users.OBSERVERS,
}

ENTER_TYPES = frozenset({2, 22, 58, 292, 306, 326, 330})
"""The enter events that are kept until the exit event comes, and that rules never see."""

_SWITCH = 152
"""Says nothing about what the thread was doing."""

_EXECVE, _EXECVEAT_ENTER = 293, 330
"""A successful execveat ends as an execve."""

_KNOWN_THREADS_ONLY = frozenset({_SWITCH, 186, 223, 225, 227, 335})
"""Types that do not make a placeholder for a thread that is not known."""

_NO_THREAD = frozenset({322, 324, 354, 356, 358, 360, 402})
_PROCINFO = 234

_FD_POSITIONS = {
    "bind": 2,
    "connect": 2,
    "mmap": 8,
    "mmap2": 8,
    "pread": 2,
    "preadv": 3,
    "pwrite": 2,
    "pwritev": 2,
    "read": 2,
    "readv": 3,
    "recv": 2,
    "recvfrom": 3,
    "recvmsg": 5,
    "send": 2,
    "sendfile": 2,
    "sendmsg": 2,
    "sendto": 2,
    "splice": 2,
    "symlinkat": 2,
    "write": 2,
    "writev": 2,
}
"""Call -> the position of the descriptor that its exit event is about, where that is not 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with the events of one type.

    Attributes:
        has_thread: whether they are about a thread.
        makes_thread: whether a thread that is not known gets a placeholder.
        is_exit, is_enter: whether they end or begin something in the thread; a few do neither.
        begun_by: for exit types, the enter types of the same call.
        fd_at: the position of the descriptor they are about; -1 without.
        handler: what changes the tables, if the thread is known.
        observer: what changes the tables in any case.
        is_kept: whether the event is kept for its exit event.
        places: whether the container of the thread is looked up again.
        is_meta: whether it comes from the recorder itself and not from the machine.
    """

    has_thread: bool
    makes_thread: bool
    is_exit: bool
    is_enter: bool
    begun_by: frozenset[int]
    fd_at: int
    handler: Handler | None
    observer: Observer | None
    is_kept: bool
    places: bool
    is_meta: bool


@cache
def plans() -> tuple[Plan, ...]:
    """The plan of every event type; the position is the id."""
    return tuple(map(_plan, event_types()))


def _plan(type_: EventType) -> Plan:
    is_passed_over = "SKIPPARSERESET" in type_.flags
    has_thread = type_.id not in _NO_THREAD and (not is_passed_over or type_.id == _PROCINFO)
    return Plan(
        has_thread=has_thread,
        makes_thread=has_thread and not is_passed_over and type_.id not in _KNOWN_THREADS_ONLY,
        is_exit=type_.is_exit,
        is_enter=has_thread and not is_passed_over and not type_.is_exit and type_.id != _SWITCH,
        begun_by=frozenset({type_.id - 1, _EXECVEAT_ENTER} if type_.id == _EXECVE else {type_.id - 1}),
        fd_at=_fd_position(type_),
        handler=_at(HANDLERS, type_.id),
        observer=_at(OBSERVERS, type_.id),
        is_kept=type_.id in ENTER_TYPES,
        places=type_.id in containers.PLACING,
        is_meta=type_.event_category == "METAEVENT",
    )


def _at(table: Mapping[int, Callable[..., None]], id_: int) -> Callable[..., None] | None:
    return table.get(id_)


def _fd_position(type_: EventType) -> int:
    if "USES_FD" not in type_.flags:
        return -1
    return _FD_POSITIONS.get(type_.name, 1) if type_.is_exit else 0
