"""Events that put another program into a process: execve and execveat.

The parameters: 0 result, 1 exe, 2 args, 4 pid, 5 ptid, 7 fdlimit, 8-12 page faults and memory,
13 comm, 14 cgroups, 15 env, 16 tty, 17 vpgid, 18 loginuid, 19 flags of the file, 20-22
capabilities, 23-25 inode and its times, 26 uid, 27 path as the kernel knows it, 28 pgid, 29 gid.
Source: ``parse_execve_exit`` in ``userspace/libsinsp/parsers.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system.descriptors import closes_on_exec
from falcolab.system.files import base_directory
from falcolab.system.lineage import relate, remove, revive
from falcolab.system.memory import take_memory
from falcolab.system.params import NOT_AVAILABLE, raw, signed, strings, succeeded, text, unsigned
from falcolab.system.paths import UNKNOWN_DIRECTORY, concat
from falcolab.system.thread import NO_ID, Thread, ThreadFlag

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_EXECVE_ENTER, _EXECVEAT_ENTER = 292, 330
_AT_EMPTY_PATH = 1
_DELETED = b" (deleted)"
_KEPT_FLAGS = (
    ThreadFlag.PIPE_SRC | ThreadFlag.PIPE_DST | ThreadFlag.IS_MAIN_THREAD | ThreadFlag.CLONE_INVERTED
)
_WRAP = 2**64


def _executed(machine: Machine, event: Event, thread: Thread) -> None:
    if not succeeded(event):
        return
    if thread.is_dead:
        revive(thread)
    thread.exe = text(event, 1)
    thread.lastexec_ts = event.time
    thread.comm = text(event, 13) if raw(event, 13) else thread.exe
    thread.set_args(strings(raw(event, 2)))
    _take_ids(machine, event, thread)
    take_memory(event, thread, 8)
    if raw(event, 15):
        thread.env = strings(raw(event, 15))
    machine.cgroups.assign(thread, raw(event, 14))
    thread.exepath = _exepath(machine, event, thread)
    _take_numbers(event, thread)
    _take_file(event, thread)
    _close_on_exec(machine, thread)
    thread.flags = ThreadFlag.NAME_CHANGED | thread.flags & _KEPT_FLAGS
    _end_other_threads(machine, thread)


def _take_ids(machine: Machine, event: Event, thread: Thread) -> None:
    pid, ptid, fdlimit = signed(event, 4), signed(event, 5), signed(event, 7)
    thread.pid = -1 if pid is None else pid
    if thread.is_invalid:
        thread.ptid = -1 if ptid is None else ptid
        if not thread.flags & ThreadFlag.CHILD_IN_PIDNS:
            thread.vtid, thread.vpid = thread.tid, thread.pid
        relate(machine.threads, thread)
    thread.fdlimit = -1 if fdlimit is None else fdlimit


def without_deleted(path: bytes) -> bytes:
    """The path of a program without the mark that its file is gone."""
    return path.removesuffix(_DELETED)


def _exepath(machine: Machine, event: Event, thread: Thread) -> bytes:
    """The program's path: the kernel's, or what old captures told when the call began."""
    if raw(event, 27):
        return without_deleted(text(event, 27))
    enter = thread.enter
    if enter is None:
        return thread.exepath
    if enter.type.id == _EXECVE_ENTER:
        name = text(enter, 0)
        return name if name == NOT_AVAILABLE else without_deleted(concat(machine.threads.cwd(thread), name))
    return without_deleted(_path_from_execveat(machine, enter, thread))


def _path_from_execveat(machine: Machine, enter: Event, thread: Thread) -> bytes:
    name, is_empty_path = text(enter, 1), bool((unsigned(enter, 2) or 0) & _AT_EMPTY_PATH)
    base = base_directory(machine, thread, name, signed(enter, 0) or 0)
    if base == UNKNOWN_DIRECTORY or (name == NOT_AVAILABLE and not is_empty_path):
        return NOT_AVAILABLE
    return concat(b"", base) if is_empty_path else concat(base, name)


def _take_numbers(event: Event, thread: Thread) -> None:
    """The ids of session, user and groups and the capabilities, each if it was recorded."""
    for index, name in ((16, "tty"), (18, "loginuid"), (26, "uid"), (29, "gid")):
        if (number := unsigned(event, index)) is not None:
            setattr(thread, name, number & NO_ID)
    if (vpgid := signed(event, 17)) is not None:
        thread.vpgid = vpgid
    pgid = signed(event, 28)
    thread.pgid = -1 if pgid is None else pgid
    if raw(event, 22):
        thread.cap_inheritable = unsigned(event, 20) or 0
        thread.cap_permitted = unsigned(event, 21) or 0
        thread.cap_effective = unsigned(event, 22) or 0


def _take_file(event: Event, thread: Thread) -> None:
    """What was recorded of the program's file."""
    if (flags := unsigned(event, 19)) is not None:
        thread.exe_writable = bool(flags & 1)
        thread.exe_upper_layer = bool(flags & 2)
        thread.exe_from_memfd = bool(flags & 4)
        thread.exe_lower_layer = bool(flags & 8)
    if not raw(event, 25):
        return
    thread.exe_ino = unsigned(event, 23) or 0
    thread.exe_ino_ctime = unsigned(event, 24) or 0
    thread.exe_ino_mtime = unsigned(event, 25) or 0
    if thread.clone_ts:
        thread.exe_ino_ctime_duration_clone_ts = (thread.clone_ts - thread.exe_ino_ctime) % _WRAP
    if 0 < thread.pidns_init_start_ts < thread.exe_ino_ctime:
        thread.exe_ino_ctime_duration_pidns_start = thread.exe_ino_ctime - thread.pidns_init_start_ts


def _close_on_exec(machine: Machine, thread: Thread) -> None:
    fds = machine.threads.fds(thread) or {}
    for number in [number for number, each in fds.items() if closes_on_exec(each)]:
        del fds[number]


def _end_other_threads(machine: Machine, thread: Thread) -> None:
    """Only the thread that runs the new program goes on."""
    group = thread.group
    if group is not None and group.alive > 1:
        for other in list(group.others.values()):
            if other is not thread and not other.is_main:
                remove(machine.threads, other.tid)


HANDLERS = {
    293: _executed,
    331: _executed,  # execveat
}
