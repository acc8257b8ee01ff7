"""Events that change who a process is and what it may do, and that end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from falcolab.system.lineage import mark_dead
from falcolab.system.params import raw, signed, succeeded, unsigned
from falcolab.system.thread import NO_ID, Thread, ThreadFlag

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_Handler = Callable[["Machine", "Event", Thread], None]

ALL_CAPABILITIES = 2**41 - 1
"""What a process has in a user namespace of its own."""

_PR_CHILD_SUBREAPER = frozenset({36, 37})
RLIMIT_NOFILE = 7


def _set_user(index: int) -> _Handler:
    def handle(_machine: Machine, event: Event, thread: Thread) -> None:
        uid = unsigned(event, index)
        if uid is not None and signed(event, 0) == 0:
            thread.uid = uid & NO_ID

    return handle


def _set_group(index: int) -> _Handler:
    def handle(_machine: Machine, event: Event, thread: Thread) -> None:
        gid = unsigned(event, index)
        if gid is not None and signed(event, 0) == 0:
            thread.gid = gid & NO_ID

    return handle


def _setsid(_machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event):
        thread.sid = signed(event, 0) or 0


def _prctl(_machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event) and thread.group is not None and unsigned(event, 1) in _PR_CHILD_SUBREAPER:
        thread.group.reaper = bool(signed(event, 3))


def _capset(_machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event):
        thread.cap_inheritable = unsigned(event, 1) or 0
        thread.cap_permitted = unsigned(event, 2) or 0
        thread.cap_effective = unsigned(event, 3) or 0


def _enter_namespaces(flags_at: int) -> _Handler:
    def handle(_machine: Machine, event: Event, thread: Thread) -> None:
        if succeeded(event) and (unsigned(event, flags_at) or 0) & ThreadFlag.CLONE_NEWUSER:
            thread.cap_inheritable = thread.cap_permitted = thread.cap_effective = ALL_CAPABILITIES

    return handle


def _limit(machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event) and unsigned(event, 3) == RLIMIT_NOFILE:
        _set_fdlimit(machine, thread, signed(event, 1))


def _prlimit(machine: Machine, event: Event, _thread: Thread) -> None:
    target, limit = signed(event, 5), signed(event, 1)
    is_meant = signed(event, 0) == 0 and unsigned(event, 6) == RLIMIT_NOFILE
    if is_meant and target is not None and limit not in (None, -1):
        thread = machine.threads.get_or_create(target or event.tid)
        if thread is not None and not thread.is_invalid:
            _set_fdlimit(machine, thread, limit)


def _set_fdlimit(machine: Machine, thread: Thread, limit: int | None) -> None:
    main = machine.threads.main(thread)
    if main is not None and limit not in (None, -1):
        main.fdlimit = limit or 0


def _exited(machine: Machine, event: Event, thread: Thread) -> None:
    """The thread goes when the next event comes, so that this one is still about it."""
    mark_dead(thread)
    machine.remove_later(event.tid)
    if not thread.children:
        return
    if len(event.params) <= 4:
        thread.reaper = -1
    elif raw(event, 4):
        thread.reaper = signed(event, 4) or 0


HANDLERS: dict[int, _Handler] = {
    199: _set_user(1),  # setuid
    427: _set_user(2),  # setreuid
    193: _set_user(2),  # setresuid
    201: _set_group(1),  # setgid
    429: _set_group(2),  # setregid
    195: _set_group(2),  # setresgid
    275: _setsid,
    401: _prctl,
    353: _capset,
    285: _enter_namespaces(1),  # unshare
    241: _enter_namespaces(2),  # setns
    141: _limit,  # getrlimit
    143: _limit,  # setrlimit
    145: _prlimit,
    186: _exited,
}
