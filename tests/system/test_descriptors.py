"""Descriptors that are no sockets."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.event import Event
from falcolab.system.limits import MAX_FDS
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, FdFlag, FdType
from tests.system.events import event, machine, process, take

CLOEXEC = 1 << 12
DIRECTORY = 1 << 10
FILE = Descriptor(FdType.FILE_V2, b"/a", openflags=1)


def shell(**fds: Descriptor) -> Machine:
    """A machine with a process 20 that has descriptors ``fd3``, ``fd4``..."""
    return machine(process(20, fds={int(name[2:]): each for name, each in fds.items()}))


def fds(tables: Machine) -> dict[int, Descriptor]:
    return tables.threads.by_id[20].fds


def opened(*events: Event) -> Descriptor:
    found = take(machine(), *events).fd
    assert found is not None
    return found


def test_open_sees_names_from_the_working_directory() -> None:
    found = opened(event("open", fd=3, name="x/../b", flags=3, dev=5, ino=7))
    assert (found.type, found.name, found.nameraw) == (FdType.FILE_V2, b"/home/b", b"x/../b")
    assert (found.openflags, found.dev, found.ino) == (3, 5, 7)
    assert opened(event("open", fd=3, name="/d", flags=DIRECTORY)).type == FdType.DIRECTORY


def test_a_failed_open_opens_nothing() -> None:
    tables = machine()
    failed = take(tables, event("open", fd=-2, name="/x", flags=1))
    assert failed.fd is None
    assert tables.threads.by_id[10].fds == {}


def test_the_name_at_the_beginning_of_the_call_counts() -> None:
    entered = event("openat", enter=True, dirfd=-100, name="/then", flags=1)
    found = opened(entered, event("openat", fd=3, dirfd=-100, name="/now", flags=2 | 1 << 14))
    assert (found.name, found.openflags) == (b"/then", 1 | 1 << 14)
    unknown = event("openat", enter=True, dirfd=-100, flags=1)
    assert opened(unknown, event("openat", fd=3, dirfd=-100, name="/now", flags=2)).name == b"/now"


@pytest.mark.parametrize(
    ("dirfd", "name", "expected"),
    [
        (-100, "a", b"/home/a"),
        (3, "a", b"/opt/a"),
        (9, "a", b"<UNKNOWN>a"),
        (9, "/a", b"/a"),
        (None, "a", b"a"),
        (-100, None, b"/home/<NA>"),
    ],
)
def test_openat_sees_names_from_a_directory(dirfd: int | None, name: str | None, expected: bytes) -> None:
    directory = event("open", fd=3, name="/opt", flags=DIRECTORY)
    assert opened(directory, event("openat", fd=4, dirfd=dirfd, name=name, flags=1)).name == expected


def test_openat2_has_its_device_elsewhere() -> None:
    found = opened(event("openat2", fd=4, dirfd=-100, name="/a", flags=1, resolve=9, dev=5, ino=7))
    assert (found.dev, found.ino) == (5, 7)


def test_the_layers_of_an_overlay() -> None:
    assert opened(event("open", fd=3, name="/a", flags=1 << 15)).flags == FdFlag.UPPER_LAYER
    assert opened(event("open", fd=3, name="/a", flags=1 << 16)).flags == FdFlag.LOWER_LAYER
    assert opened(event("creat", fd=3, name="/a", dev=1, ino=2, creat_flags=1)).flags == FdFlag.UPPER_LAYER
    assert opened(event("creat", fd=3, name="/a", dev=1, ino=2, creat_flags=2)).flags == FdFlag.LOWER_LAYER


def test_open_by_handle_has_a_whole_path() -> None:
    assert opened(event("open_by_handle_at", fd=3, mountfd=4, flags=1, path="/a/./b")).name == b"/a/b"


def test_working_directories() -> None:
    tables = machine()
    shell = tables.threads.by_id[10]
    take(tables, event("chdir", res=0, path="../srv"))
    assert shell.cwd == b"/srv/"
    take(tables, event("chdir", res=-2, path="/no"))
    assert shell.cwd == b"/srv/"
    take(tables, event("open", fd=3, name="/opt", flags=DIRECTORY), event("fchdir", res=0, fd=3))
    assert shell.cwd == b"/opt/"
    take(tables, event("getcwd", res=5, path="/tmp"))
    assert shell.cwd == b"/tmp/"
    take(tables, event("chdir", res=0, path=".."))
    assert shell.cwd == b"/"


def test_the_root_directory() -> None:
    tables = machine()
    take(tables, event("chroot", res=0, path="jail"))
    assert tables.threads.by_id[10].root == b"/home/jail"


@pytest.mark.parametrize("call", ["dup", "dup2", "dup3"])
def test_a_copy_is_kept_over_execve(call: str) -> None:
    tables = shell(fd3=Descriptor(FdType.FILE_V2, b"/a", openflags=2 | CLOEXEC))
    copied = take(tables, event(call, 20, res=7, oldfd=3))
    assert copied.fd is fds(tables)[7]
    assert (fds(tables)[7].name, fds(tables)[7].openflags) == (b"/a", 2)
    assert fds(tables)[3].openflags == 2 | CLOEXEC
    assert copied.fd_old_name == b"/a"


def test_dup3_and_fcntl_can_make_copies_that_execve_closes() -> None:
    tables = shell(fd3=FILE)
    take(tables, event("dup3", 20, res=7, oldfd=3, newfd=7, flags=CLOEXEC))
    take(tables, event("fcntl", 20, res=8, fd=3, cmd=26))
    take(tables, event("fcntl", 20, res=9, fd=3, cmd=1))
    assert [fds(tables)[number].openflags & CLOEXEC for number in (7, 8, 9)] == [CLOEXEC, CLOEXEC, 0]


def test_fcntl_sets_close_on_exec() -> None:
    tables = shell(fd3=FILE)
    changed = take(tables, event("fcntl", 20, res=0, fd=3, cmd=3, arg=1))
    assert fds(tables)[3].openflags & CLOEXEC
    assert changed.fd is fds(tables)[3]
    take(tables, event("fcntl", 20, res=0, fd=3, cmd=3, arg=0))
    assert not fds(tables)[3].openflags & CLOEXEC
    assert FILE.openflags == 1


def test_copies_of_unknown_descriptors_are_unknown() -> None:
    tables = shell()
    assert take(tables, event("dup", 20, res=7, oldfd=3)).fd is None
    assert fds(tables) == {}


def test_a_range_is_closed_at_once() -> None:
    tables = shell(fd3=FILE, fd4=FILE, fd5=FILE)
    take(tables, event("close_range", 20, res=0, first=4, last=2**32 - 1, flags=0))
    assert set(fds(tables)) == {3}


def test_a_range_is_marked_for_execve() -> None:
    tables = shell(fd3=FILE, fd4=FILE)
    take(tables, event("close_range", 20, res=0, first=4, last=4, flags=4))
    assert [fds(tables)[number].openflags & CLOEXEC for number in (3, 4)] == [0, CLOEXEC]


def test_a_pipe_has_two_ends() -> None:
    tables = shell()
    made = take(tables, event("pipe2", 20, res=0, fd1=3, fd2=4, ino=9, flags=CLOEXEC))
    assert [(each.type, each.ino, each.openflags) for each in fds(tables).values()] == [
        (FdType.FIFO, 9, CLOEXEC)
    ] * 2
    assert made.fd is fds(tables)[4]


@pytest.mark.parametrize(
    ("call", "values", "type_", "openflags"),
    [
        ("eventfd", {}, FdType.EVENT, 0),
        ("eventfd2", {"flags": CLOEXEC}, FdType.EVENT, CLOEXEC),
        ("signalfd", {}, FdType.SIGNALFD, 0),
        ("signalfd4", {"flags": CLOEXEC}, FdType.SIGNALFD, CLOEXEC),
        ("timerfd_create", {"flags": 1}, FdType.TIMERFD, 1),
        ("inotify_init", {}, FdType.INOTIFY, 0),
        ("inotify_init1", {"flags": CLOEXEC}, FdType.INOTIFY, CLOEXEC),
        ("userfaultfd", {}, FdType.USERFAULTFD, 0),
        ("io_uring_setup", {}, FdType.IO_URING, 0),
        ("epoll_create", {}, FdType.EVENTPOLL, 0),
        ("epoll_create1", {"flags": 1}, FdType.EVENTPOLL, CLOEXEC),
    ],
)
def test_other_descriptors(call: str, values: dict[str, Any], type_: int, openflags: int) -> None:
    found = opened(event(call, res=3, **values))
    assert (found.type, found.name, found.openflags) == (type_, b"", openflags)
    assert take(machine(), event(call, res=-1, **values)).fd is None


def test_bpf_memfd_and_pidfd() -> None:
    assert opened(event("bpf", fd=3, cmd=0)).type == FdType.BPF
    memfd = opened(event("memfd_create", fd=3, name="x", flags=1))
    assert (memfd.type, memfd.name, memfd.openflags) == (FdType.MEMFD, b"x", 1)
    pidfd = opened(event("pidfd_open", fd=3, pid=1, flags=0))
    assert (pidfd.type, pidfd.name, pidfd.pid) == (FdType.PIDFD, b"/proc/1", 1)


def test_a_memfd_that_could_not_be_made_is_counted_all_the_same() -> None:
    tables = shell()
    take(tables, event("memfd_create", 20, fd=-22, name="x", flags=1))
    assert fds(tables)[-22].type == FdType.UNINITIALIZED


def test_a_descriptor_of_another_process() -> None:
    tables = shell(fd3=FILE)
    take(
        tables,
        event("pidfd_open", fd=5, pid=20, flags=0),
        event("pidfd_getfd", fd=6, pid_fd=5, target_fd=3, flags=0),
    )
    assert tables.threads.by_id[10].fds[6].name == b"/a"


def test_a_table_holds_no_more_than_falcos() -> None:
    tables = machine()
    for number in range(MAX_FDS + 2):
        last = take(tables, event("open", fd=number, name="/a", flags=1))
    assert len(tables.threads.by_id[10].fds) == MAX_FDS
    assert (last.fd, last.thread and last.thread.last_fd) == (None, MAX_FDS + 1)
    assert take(tables, event("open", fd=0, name="/b", flags=1)).fd is not None
