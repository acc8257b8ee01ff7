"""What is asked of the state for an event: keys that are equal where the values are, and what events change.

The values of :mod:`falcolab.system.values` cost far more than these keys, and nearly all events find
theirs among those that were seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from falcolab.lake.syscall_schema import EVENT_FIELDS
from falcolab.system.event import Event
from falcolab.system.event_type import EventType
from falcolab.system.files import base_directory
from falcolab.system.machine import Machine
from falcolab.system.plans import HANDLERS, OBSERVERS
from falcolab.system.tables import event_types
from falcolab.system.thread import Descriptor, Thread, ThreadFlag
from falcolab.system.threads import ThreadTable
from falcolab.system.values.event import GENERIC_EXIT
from falcolab.system.values.params import STATE_DEPENDENT, fd_list
from falcolab.system.values.strings import captured

Fds = Mapping[int, Descriptor]

_Referent = Callable[[bytes, Fds, Machine], Hashable]
"""What a parameter refers to in the state."""

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

_PATH_FROM_DESCRIPTOR = frozenset({"openat", "openat2"})
_PATH_AS_GIVEN = frozenset({"open", "creat", "accept", "accept4", "connect", "open_by_handle_at"})
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
    is_dynamic: bool
    taken: tuple[tuple[int, _Referent | None], ...]
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
    are_fds = not looks_around and all(referent is _descriptor_of for _, referent in taken)
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


def _taken(type_: EventType, *, looks_around: bool) -> Iterator[tuple[int, _Referent | None]]:
    """Parameters with a text that depends on the state; for fields of paths also results and names."""
    for index, param in enumerate(type_.params):
        if param.type in STATE_DEPENDENT or (looks_around and (index == 0 or param.type == "CHARBUF")):
            yield index, _REFERENTS.get(param.type)


_FD_SIZE = 8
_SIZES = (1, 2, 4)


def _number(raw: bytes) -> int | None:
    if len(raw) == _FD_SIZE or len(raw) in _SIZES:
        return int.from_bytes(raw, "little", signed=True)
    return None


pointed = attrgetter("type", "flags", "name", "sock")
"""What parameters show of a descriptor."""


def _descriptor_of(raw: bytes, fds: Fds, _machine: Machine) -> Hashable:
    number = _number(raw)
    fd = None if number is None else fds.get(number)
    return None if fd is None else pointed(fd)


def _descriptors_of(raw: bytes, fds: Fds, _machine: Machine) -> Hashable:
    found = (fds.get(number) for number, _ in fd_list(raw))
    return tuple(None if fd is None else pointed(fd) for fd in found)


def _process_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    number = _number(raw)
    thread = None if number is None else machine.threads.get(number)
    return None if thread is None else thread.comm


def _user_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    user = machine.users.user(b"", int.from_bytes(raw[:8], "little"))
    return None if user is None else user.name


def _group_of(raw: bytes, _fds: Fds, machine: Machine) -> Hashable:
    group = machine.users.group(b"", int.from_bytes(raw[:8], "little"))
    return None if group is None else group.name


_REFERENTS: dict[str, _Referent] = {
    "FD": _descriptor_of,
    "FDLIST": _descriptors_of,
    "PID": _process_of,
    "UID": _user_of,
    "GID": _group_of,
}


def argument_key(trait: Traits, event: Event, thread: Thread | None, fds: Fds, machine: Machine) -> Hashable:
    """Equal for events whose arguments stand for the same; None where nothing simple tells it."""
    if not trait.taken:
        return trait.id
    params = event.params
    if (at := trait.fd_at) >= 0:
        raw = params[at] if at < len(params) else b""
        fd = fds.get(int.from_bytes(raw, "little", signed=True)) if len(raw) == _FD_SIZE else None
        return trait.id, len(params), raw, None if fd is None else pointed(fd)
    if trait.is_dynamic:
        return None
    if trait.has_only_fds:
        return trait.id, len(params), *[_shown(params[at], fds) for at, _ in trait.taken if at < len(params)]
    taken = [
        params[index] if referent is None else (params[index], referent(params[index], fds, machine))
        for index, referent in trait.taken
        if index < len(params)
    ]
    if thread is None:
        return trait.id, len(params), *taken
    around = _around(event, thread, fds) if trait.looks_around else None
    cwd = machine.threads.cwd(thread) if trait.has_paths else None
    return trait.id, len(params), not thread.container_id, cwd, around, *taken


def _shown(raw: bytes, fds: Fds) -> Hashable:
    fd = fds.get(int.from_bytes(raw, "little", signed=True)) if len(raw) == _FD_SIZE else None
    return raw if fd is None else (raw, pointed(fd))


def _around(event: Event, thread: Thread, fds: Fds) -> Hashable:
    """The descriptors that the event is about and that its thread used last."""
    own, last = event.fd, fds.get(thread.last_fd)
    return None if own is None else (own.type, own.name), None if last is None else last.name


def kind_key(trait: Traits, event: Event) -> Hashable:
    """Equal for events of one kind; None where nothing simple tells it."""
    params, own = event.params, event.fd
    result: bytes | int = params[0] if params else -1
    if result and isinstance(result, bytes):
        if result[-1] < _NEGATIVE:
            result = len(result)
        elif trait.resolves_result:
            return None
    kind = None if trait.kind is None else params[trait.kind]
    if own is None:
        return trait.id, result, kind
    return trait.id, result, kind, own.type, b"/dev/log" in own.name


_NEGATIVE = 0x80


def is_kept(trait: Traits, event: Event) -> bool:
    """Whether an event that may change descriptors leaves their types and names as they are."""
    params = event.params
    if trait.may_fail and params and (result := params[0]) and result[:8][-1] >= _NEGATIVE:
        return True
    if trait.closes:
        return event.fd is None
    return trait.id == _FCNTL and len(params) > 2 and _number(params[2]) not in _COPYING


_FCNTL = 151
_COPYING = (1, 26, None)
"""The commands of fcntl that make a descriptor."""


_recorded = attrgetter("type", "flags", "sock", "name", "nameraw", "dev", "ino")
"""What fields show of a descriptor's record."""


def file_key(
    trait: Traits, event: Event, thread: Thread, fd: Descriptor | None, machine: Machine
) -> Hashable:
    """Equal for events whose descriptors have the same values."""
    if fd is None:
        return _unmade(trait, event, thread, machine) if trait.has_fd else ()
    own = event.fd
    if not trait.has_fd:
        return fd.type, fd.flags, fd.sock, own is None
    return _recorded(fd), None if own is None else own.name != event.fd_old_name, thread.container_id


def _unmade(trait: Traits, event: Event, thread: Thread, machine: Machine) -> Hashable:
    """The same for calls that made no descriptor, or used one that is not known."""
    name, params = event.type.name, event.params
    if name in _PATH_FROM_DESCRIPTOR:
        dirfd = _number(params[1]) if len(params) > 2 else None
        base = None if dirfd is None else base_directory(machine, thread, captured(params[2]), dirfd)
        return trait.id, thread.container_id, params[1:3], base
    if name in _PATH_AS_GIVEN:
        return trait.id, thread.container_id, params[1:4], machine.threads.cwd(thread)
    return trait.id, thread.container_id


class Table:
    """The descriptors of a process, as far as fields tell of all of them: which types, and the streams.

    A file that is opened or closed beside others changes nothing of that, and is the rule.

    Attributes:
        rows: the rows for events without and with the fields of a descriptor; 0 if not known.
    """

    __slots__ = ("_count", "_fds", "_first", "rows")

    def __init__(self, fds: Fds) -> None:
        self.rows = [0, 0]
        # The table itself is kept, so that no other one gets its address.
        self._fds, self._count = fds, len(fds)
        self._first: dict[int, int] = {}
        for number, fd in fds.items():
            self._first.setdefault(fd.type, number)

    def key(self, *, has_fd: bool) -> Hashable:
        """Equal for processes with the same types of descriptors and the same names of streams."""
        found = map(self._fds.get, range(_STREAMS))
        streams = [None if fd is None else (fd.type, fd.name) for fd in found]
        return (*streams, tuple(self._first) if has_fd else None)

    def add(self, number: int, fd: Descriptor | None) -> bool:
        """Take in a descriptor that an event has put into the table; false if it changes something."""
        is_new = number >= _STREAMS and len(self._fds) == self._count + 1
        if not is_new or fd is None or fd.type not in self._first or self._fds.get(number) is not fd:
            return False
        self._count += 1
        return True

    def remove(self, number: int, fd: Descriptor) -> bool:
        """Let go of a descriptor that was closed; false if that changes something."""
        self._count -= 1
        return number >= _STREAMS and self._first.get(fd.type, number) != number


_STREAMS = 3
"""Standard input, output and error."""

# fmt: off
_of_thread = attrgetter(
    "tid", "pid", "ptid", "sid", "vpgid", "pgid", "vtid", "vpid", "comm", "exe", "exepath", "args", "cmdline",
    "env", "cwd", "cgroups", "container_id", "uid", "gid", "loginuid", "fdlimit", "tty", "cap_inheritable",
    "cap_permitted", "cap_effective", "exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd",
    "exe_ino", "exe_ino_ctime", "exe_ino_mtime", "exe_ino_ctime_duration_clone_ts",
    "exe_ino_ctime_duration_pidns_start", "clone_ts", "pidns_init_start_ts",
)
_of_relative = attrgetter(
    "tid", "pid", "ptid", "sid", "vpgid", "pgid", "vpid", "comm", "exe", "exepath", "args", "cmdline", "env",
    "clone_ts",
)
# fmt: on
_FLAGS = ThreadFlag.IS_MAIN_THREAD | ThreadFlag.CHILD_IN_PIDNS

_GENERATIONS = 64
"""How many ancestors a row remembers for fields with a number."""


def line_of(threads: ThreadTable, thread: Thread) -> list[Thread]:
    """The process and its ancestors, as far as they are remembered."""
    line: list[Thread] = []
    found = threads.main(thread)
    while found is not None and len(line) < _GENERATIONS:
        line.append(found)
        found = threads.step_up(found)
    return line


def process_state(machine: Machine, thread: Thread) -> tuple[Any, ...]:
    """Equal as long as nothing has changed that is known of a thread, its process and its ancestors.

    Lists of arguments, variables and control groups are compared by identity first, which makes this cheap.
    """
    threads, users = machine.threads, machine.users
    main, line, above = threads.main(thread), line_of(threads, thread), list(threads.ancestors(thread))
    related = (threads.get(number) for number in (thread.ptid, thread.sid, thread.vpgid, thread.pgid))
    return (
        *(_of_thread(thread), thread.flags & _FLAGS, None if main is None else _of_thread(main)),
        *(
            tuple(map(_of_relative, line)),
            _states(above),
            _states(map(threads.main, above)),
            _states(related),
        ),
        users.user(thread.container_id, thread.uid),
        users.user(thread.container_id, thread.loginuid),
        users.group(thread.container_id, thread.gid),
    )


def _states(threads: Iterable[Thread | None]) -> tuple[Any, ...]:
    return tuple([None if each is None else _of_relative(each) for each in threads])


_USAGE = (
    *("proc.fdopencount", "proc.fdusage", "proc.vmsize", "proc.vmrss", "proc.vmswap", "thread.pfmajor"),
    *("thread.pfminor", "proc.nthreads", "proc.nchilds", "thread.vmsize", "thread.vmrss", "fd.num"),
    "evt.rawres",
)
if _USAGE != EVENT_FIELDS:  # pragma: no cover - it guards against changes of the schema
    raise AssertionError(f"usage_of gives {_USAGE}, events have {EVENT_FIELDS}")


def usage_of(event: Event, thread: Thread, trait: Traits) -> tuple[Any, ...]:
    """The values of ``EVENT_FIELDS``, all at once, for every event has others."""
    group, flags = thread.group, thread.flags
    is_main = thread.tid == thread.pid or flags & ThreadFlag.IS_MAIN_THREAD
    main = thread if is_main else None if group is None else group.main
    count, limit = (0, 0) if main is None else (len(main.fds), main.fdlimit)
    alive = 0 if group is None else group.alive
    is_counted = group is not None and main is not None and not main.flags & ThreadFlag.CLOSED
    return (
        count,
        0.0 if limit <= 0 else 100.0 if count > limit else count * 100 / limit,
        thread.vmsize,
        thread.vmrss,
        thread.vmswap,
        thread.pfmajor,
        thread.pfminor,
        alive,
        alive - 1 if is_counted else alive,
        thread.vmsize if is_main else 0,
        thread.vmrss if is_main else 0,
        thread.last_fd if trait.has_fd else None,
        result_of(trait, event) if trait.has_result else None,
    )


def result_of(trait: Traits, event: Event) -> int | None:
    """What a system call returned, ``evt.rawres``."""
    value = event.params[0] if trait.has_result and event.params else b""
    return int.from_bytes(value, "little", signed=True) if len(value) in (4, 8) else None
