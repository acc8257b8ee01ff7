from __future__ import annotations

from typing import Any

from falcolab.system.event import Event
from falcolab.system.params import NOT_AVAILABLE
from falcolab.system.thread import Descriptor, FdType, Thread, ThreadFlag
from tests.system.events import START, clone, event, machine, process, take

CLOEXEC = 1 << 12


def executed(tid: int = 10, **values: Any) -> Event:
    given = {"res": 0, "exe": "ls", "args": ["-l", "/"], "comm": "ls", "pid": tid, "ptid": 1, "fdlimit": 1024}
    return event("execve", tid, **{**given, **values})


def after(*events: Event) -> Thread:
    tables = machine()
    found = take(tables, *events).thread
    assert found is not None
    return found


def test_a_process_becomes_another_program() -> None:
    thread = after(
        executed(
            trusted_exepath="/bin/ls", env=["A=1", "B="], tty=5, vpgid=9, loginuid=7, uid=3, gid=4, pgid=2
        )
    )
    assert (thread.comm, thread.exe, thread.exepath) == (b"ls", b"ls", b"/bin/ls")
    assert (thread.args, thread.command_line, thread.env) == ([b"-l", b"/"], b"ls -l /", [b"A=1", b"B="])
    assert (thread.tty, thread.vpgid, thread.loginuid, thread.uid, thread.gid) == (5, 9, 7, 3, 4)
    assert (thread.pgid, thread.fdlimit, thread.lastexec_ts) == (2, 1024, START)


def test_what_was_not_recorded_stays_as_it_was_but_the_process_group() -> None:
    tables = machine(process(20, uid=5, gid=6, tty=7, loginuid=8, vpgid=9, pgid=10, env=b"A=1\0"))
    thread = take(tables, executed(20)).thread
    assert thread is not None
    assert (thread.uid, thread.gid, thread.tty, thread.loginuid) == (5, 6, 7, 8)
    assert (thread.vpgid, thread.env, thread.pgid) == (9, [b"A=1"], -1)


def test_a_failed_execve_changes_nothing() -> None:
    assert after(executed(res=-2)).comm == b"bash"


def test_the_path_loses_the_mark_of_a_deleted_file() -> None:
    assert after(executed(trusted_exepath="/bin/ls (deleted)")).exepath == b"/bin/ls"


def test_old_captures_tell_the_path_when_the_call_begins() -> None:
    assert after(event("execve", enter=True, filename="./ls"), executed()).exepath == b"/home/ls"
    assert after(event("execve", enter=True, filename="/bin/ls"), executed()).exepath == b"/bin/ls"
    assert after(event("execve", enter=True), executed()).exepath == NOT_AVAILABLE
    assert after(executed()).exepath == b""


def test_old_captures_tell_the_directory_of_execveat() -> None:
    opened = event("open", fd=3, name="/opt", flags=1 << 10)
    entered = event("execveat", enter=True, dirfd=3, pathname="tool", flags=0)
    assert after(opened, entered, executed()).exepath == b"/opt/tool"
    by_descriptor = event("execveat", enter=True, dirfd=3, flags=1)
    assert after(opened, by_descriptor, executed()).exepath == b"/opt"
    unknown = event("execveat", enter=True, dirfd=9, pathname="tool", flags=0)
    assert after(unknown, executed()).exepath == NOT_AVAILABLE


def test_flags_capabilities_and_times_of_the_file() -> None:
    thread = after(
        *clone(10, 11)[1:],
        executed(
            11, flags=0b1101, cap_inheritable=1, cap_permitted=2, cap_effective=3, exe_ino=4,
            exe_ino_ctime=START - 100, exe_ino_mtime=6,
        ),
    )  # fmt: skip
    assert (thread.exe_writable, thread.exe_upper_layer) == (True, False)
    assert (thread.exe_from_memfd, thread.exe_lower_layer) == (True, True)
    assert (thread.cap_inheritable, thread.cap_permitted, thread.cap_effective) == (1, 2, 3)
    assert (thread.exe_ino, thread.exe_ino_ctime, thread.exe_ino_mtime) == (4, START - 100, 6)
    assert thread.exe_ino_ctime_duration_clone_ts == 101


def test_descriptors_with_close_on_exec_are_closed() -> None:
    kept, closed = (
        Descriptor(FdType.FILE_V2, b"/a", openflags=1),
        Descriptor(FdType.FILE_V2, openflags=CLOEXEC),
    )
    memfd, memfd_kept = Descriptor(FdType.MEMFD, openflags=1), Descriptor(FdType.MEMFD)
    tables = machine(process(20, fds={0: kept, 3: closed, 4: memfd, 5: memfd_kept}))
    thread = take(tables, executed(20)).thread
    assert thread is not None
    assert set(thread.fds) == {0, 5}


def test_the_other_threads_of_the_process_end() -> None:
    tables = machine(process(20), process(21, 1, pid=20), process(22, 1, pid=20))
    take(tables, executed(20))
    assert set(tables.threads.by_id) == {1, 10, 20}
    assert tables.threads.groups[20].alive == 1


def test_a_dead_main_thread_that_executes_lives_again() -> None:
    tables = machine(process(20), process(21, 1, pid=20))
    take(tables, event("procexit", 20), event("getuid", 1), executed(20))
    assert not tables.threads.by_id[20].is_dead
    assert tables.threads.groups[20].alive == 1


def test_a_placeholder_becomes_a_process() -> None:
    thread = after(executed(77, ptid=10))
    assert (thread.pid, thread.ptid, thread.vpid, thread.is_invalid) == (77, 10, 77, False)
    assert thread.group is not None


def test_the_shell_ends_of_a_pipe_are_remembered() -> None:
    tables = machine(process(20, fds={5: Descriptor(FdType.FIFO)}))
    take(tables, event("dup2", 20, res=1, oldfd=5, newfd=1), executed(20))
    assert tables.threads.by_id[20].flags & ThreadFlag.PIPE_SRC
