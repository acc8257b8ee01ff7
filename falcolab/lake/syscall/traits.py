"""What matters of an event type for what the lake keeps of its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from falcolab.lake.syscall.referents import REFERENTS, Referent, descriptor_of
from falcolab.system.event_type import EventType
from falcolab.system.plans import HANDLERS, OBSERVERS
from falcolab.system.tables import event_types
from falcolab.system.values.event import GENERIC_EXIT
from falcolab.system.values.params import STATE_DEPENDENT

_OF_MEMORY = frozenset({"brk", "mmap", "mmap2", "munmap", "switch"})
_OF_DATA = frozenset({"read", "readv", "pread", "preadv", "write", "writev", "pwrite", "pwritev"})
"""Events that change nothing of descriptors but that a socket is connected."""

_ONLY_IF_SUCCESSFUL = frozenset(
    {
        *("open", "openat", "openat2", "creat", "open_by_handle_at", "close", "dup", "dup2"),
        *("dup3", "fcntl", "pipe", "pipe2", "socket", "socketpair", "bind", "accept", "accept4"),
        *("listen", "shutdown", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create"),
        *("inotify_init", "inotify_init1", "epoll_create", "epoll_create1", "pidfd_open"),
        *("userfaultfd", "io_uring_setup", "bpf"),
    }
)
"""Events that change descriptors at most, and nothing when they tell of an error."""

_OF_DESCRIPTORS = _ONLY_IF_SUCCESSFUL | frozenset(
    {
        *("close_range", "connect", "memfd_create"),
        *("send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg"),
    }
)
"""Events that change descriptors of their own process at most."""

_MAKING_TWO = frozenset({"pipe", "pipe2", "socketpair"})

_LOOKING_AROUND = frozenset(
    {
        *("open", "openat", "openat2", "open_by_handle_at", "creat", "mkdir", "mkdirat", "rmdir", "unlink"),
        *("unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mount"),
        *("umount", "umount2", "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat"),
        *("quotactl", "poll", "ppoll"),
    }
)
"""Events with fields of paths and of polled descriptors, which depend on more than on parameters' texts."""

_FLAGS_AT = {"open": 2, "openat": 3, "openat2": 3, "open_by_handle_at": 2, "creat": 2}
"""Where the flags of calls that open files are; the mode is behind them."""

_FD_FLAGS = frozenset({"CREATES_FD", "USES_FD", "DESTROYS_FD"})
_TELLING = frozenset({324, 402})
"""Container and async events, which may tell of a container themselves."""

_NAME_IN_PARAMS = {1: slice(0, 2), 402: slice(1, 2)}
"""Generic calls and async events, whose name is among their parameters."""


_RESOLVED_NUMBERS = frozenset({"UID", "GID", "PID", "DYN"})


@dataclass(frozen=True, slots=True)
class Traits:
    """What matters of an event type for the keys.

    Attributes:
        id: of the type.
        changes_processes: whether such events may change what is known of a process, beside usage
            and descriptors.
        changes_descriptors: whether they may change which descriptors a process has, or their type or name.
        changes: whether any of that, or what is known of a container.
        makes_one: whether they put one descriptor into the table at most.
        may_fail: whether they change nothing if the result is negative.
        closes, exits: whether a descriptor or the thread goes when the next event comes.
        tells: whether they may tell of a container themselves.
        has_fd: whether they have the fields of a descriptor.
        has_result: whether they tell what a system call returned.
        kind: the parameters that tell the kind of event, if some do.
        resolves_result: whether the text of a negative result depends on the state.
        resolved: the positions of parameters with a text that depends on the state.
        is_dynamic: whether arguments depend on more than a key could hold.
        taken: the positions of parameters on which arguments depend, each with what it refers to.
        fd_at: where the only one is that refers to something, a descriptor; -1 otherwise.
        has_only_fds: whether nothing but descriptors is referred to.
        has_paths: whether the working directory matters for them.
        looks_around: whether the event's descriptor matters, too.
    """

    id: int
    changes_processes: bool
    changes_descriptors: bool
    changes: bool
    makes_one: bool
    may_fail: bool
    closes: bool
    exits: bool
    tells: bool
    has_fd: bool
    has_result: bool
    kind: slice | None
    resolves_result: bool
    resolved: tuple[int, ...]
    is_dynamic: bool
    taken: tuple[tuple[int, Referent | None], ...]
    fd_at: int
    has_only_fds: bool
    has_paths: bool
    looks_around: bool


@cache
def traits() -> tuple[Traits, ...]:
    """The traits of every event type; the position is the id."""
    return tuple(map(_traits, event_types()))


def _traits(type_: EventType) -> Traits:
    is_handled = type_.id in HANDLERS or type_.id in OBSERVERS
    looks_around = type_.name in _LOOKING_AROUND
    taken = tuple(_taken(type_, looks_around=looks_around))
    are_fds = not looks_around and all(referent is descriptor_of for _, referent in taken)
    changes_processes = is_handled and type_.name not in _OF_DESCRIPTORS | _OF_DATA | _OF_MEMORY
    changes_descriptors = is_handled and type_.name in _OF_DESCRIPTORS
    return Traits(
        id=type_.id,
        changes_processes=changes_processes,
        changes_descriptors=changes_descriptors,
        changes=changes_processes or changes_descriptors or type_.id in _TELLING,
        makes_one=type_.name not in _MAKING_TWO,
        may_fail=type_.name in _ONLY_IF_SUCCESSFUL,
        closes=type_.name == "close",
        exits=type_.name == "procexit",
        tells=type_.id in _TELLING,
        has_fd=not _FD_FLAGS.isdisjoint(type_.flags),
        has_result=type_.event_category == "SYSCALL" and type_.is_exit and type_.id != GENERIC_EXIT,
        kind=_kind_parameters(type_),
        resolves_result=bool(type_.params) and type_.params[0].type in _RESOLVED_NUMBERS,
        resolved=tuple(at for at, param in enumerate(type_.params) if param.type in STATE_DEPENDENT),
        is_dynamic=any(param.type == "DYN" for param in type_.params),
        taken=taken,
        fd_at=taken[0][0] if are_fds and len(taken) == 1 else -1,
        has_only_fds=are_fds,
        has_paths=looks_around or any(param.type in ("FSPATH", "FSRELPATH") for param in type_.params),
        looks_around=looks_around,
    )


def _kind_parameters(type_: EventType) -> slice | None:
    at = _FLAGS_AT.get(type_.name)
    return _NAME_IN_PARAMS.get(type_.id) if at is None else slice(at, at + 2)


def _taken(type_: EventType, *, looks_around: bool) -> Iterator[tuple[int, Referent | None]]:
    """Parameters with a text that depends on the state; for fields of paths also results and names."""
    for index, param in enumerate(type_.params):
        if param.type in STATE_DEPENDENT or (looks_around and (index == 0 or param.type == "CHARBUF")):
            yield index, REFERENTS.get(param.type)
