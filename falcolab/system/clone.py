"""Events that make threads: clone, clone3, fork and vfork, told by the caller and by the child.

The parameters: 0 result, 1 exe, 2 args, 4 pid, 5 ptid, 7 fdlimit, 8-12 page faults and memory,
13 comm, 14 cgroups, 15 flags, 16 uid, 17 gid, 18 vtid, 19 vpid, 20 start of the pid namespace.
Source: ``parse_clone_exit_caller`` and ``parse_clone_exit_child`` in
``userspace/libsinsp/parsers.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system.lineage import relate, remove
from falcolab.system.memory import take_memory
from falcolab.system.params import raw, signed, strings, text, unsigned
from falcolab.system.thread import NO_ID, Thread, ThreadFlag

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_STALE = 2 * 10**9
"""After this time (ns) a thread that is said to be new cannot be the one that is known."""

_VFORK = 227
_TOLD_BY_CHILD = ThreadFlag.CHILD_IN_PIDNS | ThreadFlag.CLONE_NEWPID | ThreadFlag.CLONE_PARENT


def _cloned(machine: Machine, event: Event) -> None:
    result = signed(event, 0)
    if result is None or result < 0:
        return
    if result == 0:
        _in_child(machine, event)
    else:
        _in_caller(machine, event, result)


def _in_caller(machine: Machine, event: Event, child_tid: int) -> None:
    threads = machine.threads
    caller = threads.get_or_create(event.tid)
    event.thread = caller
    if caller is None:
        return
    was_valid = not caller.is_invalid
    if not was_valid:
        _identify(caller, event)
        relate(threads, caller)
    flags = unsigned(event, 15) or 0
    if flags & _TOLD_BY_CHILD or caller.tid != caller.vtid:
        return
    if flags & ThreadFlag.CLONE_VFORK or event.type.id == _VFORK:
        return
    if _is_recent(machine.exits.time(caller.tid, child_tid), event.time):
        return
    known = threads.get(child_tid)
    if known is not None:
        if known.flags & ThreadFlag.CLONE_INVERTED:
            return
        remove(threads, child_tid)
    child = Thread(tid=child_tid, flags=flags)
    _begin_child(machine, event, child, caller, is_trusted=was_valid)
    if was_valid:
        _inherit(child, caller)
    else:
        _copy_program(event, caller)
    _add(machine, child)
    if known is not None:
        event.thread = threads.get(event.tid)


def _is_recent(then: int | None, now: int) -> bool:
    return then is not None and 0 <= now - then < _STALE


def _identify(thread: Thread, event: Event) -> None:
    """The ids of a thread of which nothing was known."""
    pid, ptid = signed(event, 4), signed(event, 5)
    thread.pid = -1 if pid is None else pid
    thread.ptid = -1 if ptid is None else ptid
    vtid, vpid = signed(event, 18), signed(event, 19)
    if vtid is None or vpid is None:
        thread.vtid, thread.vpid = thread.tid, -1
    else:
        thread.vtid, thread.vpid = vtid, vpid


def _begin_child(machine: Machine, event: Event, child: Thread, caller: Thread, *, is_trusted: bool) -> None:
    """The child as the caller's event tells of it."""
    if child.flags & ThreadFlag.CLONE_THREAD:
        child.pid, child.ptid = caller.pid, caller.ptid
        child.flags |= ThreadFlag.CLONE_FILES
        child.lastexec_ts = caller.lastexec_ts
    else:
        child.pid, child.ptid = child.tid, caller.tid
        if is_trusted:
            _inherit_process(machine, child, caller)
    child.vtid, child.vpid = child.tid, child.pid
    child.exe = text(event, 1)
    child.set_args(strings(raw(event, 2)))
    child.comm = text(event, 13) if raw(event, 13) else child.exe
    _take_rest(machine, event, child)


def _in_child(machine: Machine, event: Event) -> None:
    threads = machine.threads
    if event.thread is not None and event.thread.clone_ts != 0:
        if _is_recent(event.thread.clone_ts, event.time):
            return
        remove(threads, event.tid)
        event.thread = None
    child = Thread(tid=event.tid)
    _identify(child, event)
    child.flags = (unsigned(event, 15) or 0) | ThreadFlag.CLONE_INVERTED
    is_leader = not child.flags & ThreadFlag.CLONE_THREAD
    if not is_leader:
        child.flags |= ThreadFlag.CLONE_FILES
    source = threads.get_or_create(child.ptid if is_leader else child.pid)
    if source is None:
        event.thread = None
        return
    was_valid = not source.is_invalid
    if not was_valid and not is_leader:
        source.pid, source.ptid, source.vpid = child.pid, child.ptid, child.vpid
        source.vtid = source.vpid
        relate(threads, source)
    _copy_program(event, child)
    if was_valid:
        _inherit(child, source)
        if is_leader:
            _inherit_process(machine, child, source)
        else:
            child.lastexec_ts = source.lastexec_ts
    elif not is_leader:
        _copy_program(event, source)
    _take_rest(machine, event, child)
    if child.flags & (ThreadFlag.CHILD_IN_PIDNS | ThreadFlag.CLONE_NEWPID) or child.tid != child.vtid:
        child.pidns_init_start_ts = unsigned(event, 20) or 0
    event.thread = child if _add(machine, child) else None


def _copy_program(event: Event, thread: Thread) -> None:
    """What the thread runs; the command line takes the name that is set here."""
    thread.exe = text(event, 1)
    thread.comm = text(event, 13) if raw(event, 13) else thread.exe
    thread.set_args(strings(raw(event, 2)))


def _inherit_process(machine: Machine, child: Thread, parent: Thread) -> None:
    """What a new process takes along; records of descriptors are shared, for they never change."""
    child.fds = machine.threads.copy_of_fds(parent)
    child.cwd = machine.threads.cwd(parent)
    child.env = parent.env


def _inherit(child: Thread, parent: Thread) -> None:
    for name in _INHERITED:
        setattr(child, name, getattr(parent, name))


# fmt: off
_INHERITED = (
    "exepath", "exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd", "root", "sid", "vpgid",
    "pgid", "tty", "loginuid", "cap_permitted", "cap_inheritable", "cap_effective", "exe_ino",
    "exe_ino_ctime", "exe_ino_mtime", "exe_ino_ctime_duration_clone_ts",
)
# fmt: on


def _take_rest(machine: Machine, event: Event, child: Thread) -> None:
    """What both events tell in the same way."""
    fdlimit, uid, gid = signed(event, 7), unsigned(event, 16), unsigned(event, 17)
    child.fdlimit = -1 if fdlimit is None else fdlimit
    take_memory(event, child, 8)
    child.uid = NO_ID if uid is None else uid & NO_ID
    child.gid = NO_ID if gid is None else gid & NO_ID
    machine.cgroups.assign(child, raw(event, 14))
    child.clone_ts = event.time


def _add(machine: Machine, child: Thread) -> bool:
    """Falco relates the new thread to the others before it replaces one with its id."""
    if machine.threads.is_full:
        return False
    relate(machine.threads, child)
    machine.threads.put(child)
    return True


OBSERVERS = {
    223: _cloned,  # clone
    225: _cloned,  # fork
    _VFORK: _cloned,
    335: _cloned,  # clone3
}
