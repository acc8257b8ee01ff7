"""Events that make, copy and close descriptors which are neither files nor sockets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from falcolab.system import descriptors
from falcolab.system.descriptors import O_CLOEXEC, with_cloexec
from falcolab.system.params import signed, succeeded, text, unsigned
from falcolab.system.thread import Descriptor, FdType, Thread, ThreadFlag

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_F_DUPFD, _F_SETFD, _F_DUPFD_CLOEXEC = 1, 3, 26
_CLOSE_RANGE_CLOEXEC = 4

_Handler = Callable[["Machine", "Event", Thread], None]


def _close(machine: Machine, event: Event, thread: Thread) -> None:
    """The descriptor goes when the next event comes, so that this one is still about it."""
    fds = machine.threads.fds(thread)
    if succeeded(event) and event.fd is not None and fds is not None:
        machine.close_later(fds, thread.last_fd)


def _close_range(machine: Machine, event: Event, thread: Thread) -> None:
    fds = machine.threads.fds(thread)
    first, last = unsigned(event, 1), unsigned(event, 2)
    if not succeeded(event) or fds is None or first is None or last is None:
        return
    for number in [each for each in fds if first <= each <= last]:
        if (unsigned(event, 3) or 0) & _CLOSE_RANGE_CLOEXEC:
            fds[number] = with_cloexec(fds[number], cloexec=True)
        else:
            del fds[number]


def _dup(machine: Machine, event: Event, thread: Thread) -> None:
    is_cloexec = event.type.id == _DUP3 and bool((unsigned(event, 3) or 0) & O_CLOEXEC)
    if _copy(machine, event, thread, cloexec=is_cloexec):
        # A shell connects a pipe by putting its ends on standard input and output.
        thread.flags |= _PIPE_ENDS.get(thread.last_fd, 0)


_DUP3 = 365
_PIPE_ENDS = {0: ThreadFlag.PIPE_DST, 1: ThreadFlag.PIPE_SRC}


def _fcntl(machine: Machine, event: Event, thread: Thread) -> None:
    command = unsigned(event, 2)
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        _copy(machine, event, thread, cloexec=command == _F_DUPFD_CLOEXEC)
    elif command == _F_SETFD and succeeded(event) and event.fd is not None:
        changed = with_cloexec(event.fd, cloexec=bool((unsigned(event, 3) or 0) & 1))
        descriptors.replace(machine, event, thread, changed)


def _copy(machine: Machine, event: Event, thread: Thread, *, cloexec: bool) -> bool:
    """The result of the call is another number for the event's descriptor."""
    number, source, old_name = signed(event, 0), event.fd, event.fd_old_name
    if number is None or number < 0 or source is None:
        return False
    descriptors.add(machine, event, thread, number, with_cloexec(source, cloexec=cloexec))
    event.fd_old_name = old_name
    return True


def _pipe(machine: Machine, event: Event, thread: Thread) -> None:
    if not succeeded(event):
        return
    for index in (1, 2):
        number = signed(event, index)
        if number is not None:
            end = Descriptor(FdType.FIFO, ino=unsigned(event, 3) or 0, openflags=unsigned(event, 4) or 0)
            descriptors.add(machine, event, thread, number, end)


def _new(type_: int, openflags_at: int | None = None) -> _Handler:
    """The result of the call is a new descriptor without a name."""

    def handle(machine: Machine, event: Event, thread: Thread) -> None:
        number = signed(event, 0)
        if number is not None and number >= 0:
            openflags = 0 if openflags_at is None else unsigned(event, openflags_at) or 0
            descriptors.add(machine, event, thread, number, Descriptor(type_, openflags=openflags))

    return handle


def _epoll_create1(machine: Machine, event: Event, thread: Thread) -> None:
    number = signed(event, 0)
    if number is not None and number >= 0:
        openflags = O_CLOEXEC if (unsigned(event, 1) or 0) & 1 else 0
        descriptors.add(machine, event, thread, number, Descriptor(FdType.EVENTPOLL, openflags=openflags))


def _memfd_create(machine: Machine, event: Event, thread: Thread) -> None:
    """Falco stores something even when the call fails, under the number of the error."""
    number = signed(event, 0)
    if number is None:
        return
    made = Descriptor()
    if number >= 0:
        made = Descriptor(FdType.MEMFD, text(event, 1), openflags=unsigned(event, 2) or 0)
    descriptors.add(machine, event, thread, number, made)


def _pidfd_open(machine: Machine, event: Event, thread: Thread) -> None:
    number, pid = signed(event, 0), signed(event, 1) or 0
    if number is not None and number >= 0:
        name, flags = b"/proc/%d" % pid, unsigned(event, 2) or 0
        descriptors.add(
            machine, event, thread, number, Descriptor(FdType.PIDFD, name, openflags=flags, pid=pid)
        )


def _pidfd_getfd(machine: Machine, event: Event, thread: Thread) -> None:
    """Falco does not look at the result, so that a failed call stores a negative number."""
    number, target = signed(event, 0), signed(event, 2)
    pidfd = machine.threads.descriptor(thread, signed(event, 1) or 0)
    if number is None or target is None or pidfd is None or pidfd.type != FdType.PIDFD:
        return
    owner = machine.threads.get_or_create(pidfd.pid)
    source = machine.threads.descriptor(owner, target) if owner is not None else None
    if source is not None:
        descriptors.add(machine, event, thread, number, with_cloexec(source, cloexec=True))


HANDLERS: dict[int, _Handler] = {
    5: _close,
    451: _close_range,
    151: _fcntl,
    363: _dup,  # dup2
    _DUP3: _dup,
    367: _dup,
    61: _pipe,
    393: _pipe,  # pipe2
    63: _new(FdType.EVENT),  # eventfd
    397: _new(FdType.EVENT, 1),  # eventfd2
    127: _new(FdType.SIGNALFD),
    399: _new(FdType.SIGNALFD, 1),  # signalfd4
    137: _new(FdType.TIMERFD, 2),
    139: _new(FdType.INOTIFY),
    395: _new(FdType.INOTIFY, 1),  # inotify_init1
    321: _new(FdType.USERFAULTFD),
    339: _new(FdType.IO_URING),
    369: _new(FdType.BPF),
    375: _new(FdType.EVENTPOLL),  # epoll_create
    377: _epoll_create1,
    405: _memfd_create,
    407: _pidfd_getfd,
    409: _pidfd_open,
}
