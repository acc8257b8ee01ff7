"""Which events change what, so that the encoder computes again only what may have changed."""

from __future__ import annotations

from functools import cache
from typing import Any

from falcolab.system.event_type import EventType
from falcolab.system.plans import HANDLERS, OBSERVERS
from falcolab.system.values import Context
from falcolab.system.values.params import STATE_DEPENDENT

_OF_MEMORY = frozenset({"brk", "mmap", "mmap2", "munmap", "switch"})
_OF_DATA = frozenset({"read", "readv", "pread", "preadv", "write", "writev", "pwrite", "pwritev"})
"""Events that change nothing of descriptors but that a socket is connected."""

_OF_DESCRIPTORS = frozenset(
    {
        *("open", "openat", "openat2", "creat", "open_by_handle_at", "close", "close_range", "dup", "dup2"),
        *("dup3", "fcntl", "pipe", "pipe2", "socket", "socketpair", "bind", "connect", "accept", "accept4"),
        *("listen", "shutdown", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create"),
        *("inotify_init", "inotify_init1", "epoll_create", "epoll_create1", "memfd_create", "pidfd_open"),
        *("userfaultfd", "io_uring_setup", "bpf"),
        *("send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg"),
    }
)
"""Events that change descriptors at most."""

_LOOKING_AROUND = frozenset(
    {
        *("open", "openat", "openat2", "open_by_handle_at", "creat", "mkdir", "mkdirat", "rmdir", "unlink"),
        *("unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mount"),
        *("umount", "umount2", "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat"),
        *("quotactl", "poll", "ppoll"),
    }
)
"""Events with fields of paths and of polled descriptors, which depend on more than on numbers."""


@cache
def changes_processes(type_: EventType) -> bool:
    """Whether events of a type may change what is known of a process, beside usage and descriptors."""
    return _is_handled(type_) and type_.name not in _OF_DESCRIPTORS | _OF_DATA | _OF_MEMORY


@cache
def changes_descriptors(type_: EventType) -> bool:
    """Whether events of a type may change which descriptors a process has, or what they point to."""
    return _is_handled(type_) and type_.name not in _OF_DATA | _OF_MEMORY


def _is_handled(type_: EventType) -> bool:
    return type_.id in HANDLERS or type_.id in OBSERVERS


@cache
def takes_only_fds(type_: EventType) -> tuple[int, ...] | None:
    """The positions of descriptors among the parameters; None if the text of others depends on the state."""
    if type_.name in _LOOKING_AROUND:
        return None
    dependent = [index for index, param in enumerate(type_.params) if param.type in STATE_DEPENDENT]
    if any(type_.params[index].type != "FD" for index in dependent):
        return None
    return tuple(dependent)


_BY_PARAMETERS = frozenset({1, 402})
"""Generic calls and async events, whose name is among their parameters."""

_OPENING = frozenset({"open", "openat", "openat2", "open_by_handle_at", "creat"})


def kind_of(context: Context) -> Any:
    """Something that is equal for events of one kind; None where nothing simple tells it."""
    event, type_ = context.event, context.event.type
    if type_.id in _BY_PARAMETERS:
        return None
    fd, own = context.fd, event.fd
    result = context.number(0)
    params = event.params[2:] if type_.name in _OPENING else ()
    has_log = own is not None and b"/dev/log" in own.name
    return (
        *(
            type_.id,
            result if result is None or result < 0 else 0,
            len(event.params[0]) if event.params else 0,
        ),
        *(None if fd is None else fd.type, None if own is None else own.type, context.thread is None),
        *(has_log, params),
    )
