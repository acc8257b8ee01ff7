"""Putting descriptors into the table of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system.limits import MAX_FDS
from falcolab.system.thread import Descriptor, FdType, Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

O_CLOEXEC = 1 << 12
OTHER_CLOEXEC = 1
"""Descriptors of epoll and memfd have their own bit for close-on-exec."""

_WITH_OTHER_CLOEXEC = frozenset({FdType.EVENTPOLL, FdType.MEMFD})


def add(machine: Machine, event: Event, thread: Thread, number: int, descriptor: Descriptor) -> None:
    """Put a new descriptor into the thread's table; the event is about it."""
    thread.last_fd = number
    event.fd, event.fd_old_name = None, b""
    fds = machine.threads.fds(thread)
    if fds is not None and (len(fds) < MAX_FDS or number in fds):
        fds[number] = event.fd = descriptor


def replace(machine: Machine, event: Event, thread: Thread, descriptor: Descriptor) -> None:
    """Put a changed record in place of the event's descriptor."""
    event.fd = descriptor
    fds = machine.threads.fds(thread)
    if fds is not None and thread.last_fd in fds:
        fds[thread.last_fd] = descriptor


def with_cloexec(descriptor: Descriptor, *, cloexec: bool) -> Descriptor:
    """A copy that the next execve closes, or keeps."""
    copy = descriptor.copy()
    copy.openflags &= ~(O_CLOEXEC | OTHER_CLOEXEC)
    if cloexec:
        copy.openflags |= O_CLOEXEC
    return copy


def closes_on_exec(descriptor: Descriptor) -> bool:
    """Whether execve closes it."""
    mask = O_CLOEXEC | (OTHER_CLOEXEC if descriptor.type in _WITH_OTHER_CLOEXEC else 0)
    return bool(descriptor.openflags & mask)
