"""System events into rows: the state that an event left behind, interned by value.

The values are those of :mod:`falcolab.system.values`, computed once per distinct row and kept
for as long as the state behind them does not change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa

from falcolab.lake import syscall_schema as schema
from falcolab.lake.columns import Columns
from falcolab.lake.schema import EVENTS, LOCAL_BITS
from falcolab.lang.strings import to_text
from falcolab.system.event import Event
from falcolab.system.event_type import EventType
from falcolab.system.machine import Machine
from falcolab.system.plans import HANDLERS, OBSERVERS
from falcolab.system.thread import Descriptor, Thread
from falcolab.system.values import FIELDS, Context
from falcolab.system.values.container import metadata_of
from falcolab.system.values.params import resolved_text
from falcolab.system.values.process import arguments

Row = tuple[Any, ...]

_KEEPS_PROCESSES = frozenset(
    {
        *("open", "openat", "openat2", "creat", "open_by_handle_at", "close", "close_range", "dup", "dup2"),
        *("dup3", "fcntl", "pipe", "pipe2", "socket", "socketpair", "bind", "connect", "accept", "accept4"),
        *("listen", "shutdown", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create"),
        *("inotify_init", "inotify_init1", "epoll_create", "epoll_create1", "memfd_create", "pidfd_open"),
        *("userfaultfd", "io_uring_setup", "bpf", "brk", "mmap", "mmap2", "munmap", "switch"),
        *("read", "readv", "pread", "preadv", "write", "writev", "pwrite", "pwritev"),
        *("send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg"),
    }
)
"""Events that change descriptors and memory at most."""

_FD_FLAGS = frozenset({"CREATES_FD", "USES_FD", "DESTROYS_FD"})
_TELLING = frozenset({324, 402})
"""Container and async events, which may tell of a container themselves."""


def _extractors(names: Sequence[str]) -> list[Callable[[Context], Any]]:
    return [_bound(name) for name in names]


def _bound(name: str) -> Callable[[Context], Any]:
    """A field's value, which for ``evt.abspath.dst`` is that of the field with its member."""
    if name in FIELDS:
        value = FIELDS[name].value
        return lambda context: value(context, None)
    base, _, member = name.rpartition(".")
    value = FIELDS[base].value
    return lambda context: value(context, member)


@cache
def _changes_processes(type_: EventType) -> bool:
    has_handler = type_.id in HANDLERS or type_.id in OBSERVERS
    return has_handler and type_.name not in _KEEPS_PROCESSES


class _Interner:
    """The rows of one dimension, by their values."""

    def __init__(self, table: str, names: Sequence[str], base: int) -> None:
        self.base = base
        self.ids: dict[Row, int] = {}
        self.columns = Columns(schema.SCHEMAS[table])
        self.extractors = _extractors(names)

    def intern(self, own: Row, context: Context) -> int:
        """The row that begins with some values of its own and goes on with the fields."""
        row = (*own, *[extract(context) for extract in self.extractors])
        found = self.ids.get(row)
        if found is None:
            found = self.ids[row] = self.base | len(self.ids)
            self.columns.append((found, *row))
        return found


class SyscallEncoder:
    """Collects events of one part of a capture as columns.

    Args:
        part: the number of the part, which makes its keys unique in the lake.
    """

    def __init__(self, part: int) -> None:
        base = part << LOCAL_BITS
        self.events = Columns(schema.EVENT_SCHEMA)
        self.kinds = _Interner(schema.KINDS, schema.KIND_FIELDS, base)
        self.processes = _Interner(schema.PROCESSES, schema.PROCESS_FIELDS, base)
        self.files = _Interner(schema.FILES, schema.FILE_FIELDS, base)
        self.containers = _Interner(schema.CONTAINERS, schema.CONTAINER_FIELDS, base)
        self.arguments = _Interner(schema.ARGUMENTS, schema.ARGUMENT_FIELDS, base)
        self.descriptors = _Interner(schema.DESCRIPTORS, schema.DESCRIPTOR_FIELDS, base)
        self._volatile = _extractors(schema.EVENT_FIELDS)
        self._epoch = 0
        self._was_exit = False
        self._process_of: dict[int, tuple[int, Thread, int]] = {}
        self._file_of: dict[tuple[Any, ...], tuple[Descriptor, int]] = {}
        self._container_of: dict[tuple[bytes, int, int], tuple[Any, int]] = {}

    def __len__(self) -> int:
        return self.events.rows

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return self.events.size

    def notice(self, event: Event) -> None:
        """Note that an event has changed the state, whether rules see it or not."""
        if self._was_exit or _changes_processes(event.type):
            self._epoch += 1
        self._was_exit = event.type.name == "procexit"

    def forget(self) -> None:
        """Note that everything may have changed."""
        self._epoch += 1
        self._file_of.clear()
        self._container_of.clear()

    def add(self, event: Event, machine: Machine) -> None:
        """Add an event that the machine has just taken in."""
        context = Context.of(event, machine)
        lengths = b"".join(len(param).to_bytes(4, "little") for param in event.params)
        params = b"".join(event.params)
        keys = (
            self.kinds.intern((event.type.name,), context),
            self._process(context),
            self._file(context),
            self._container(context),
            self.arguments.intern((_resolved(context),), context),
            self.descriptors.intern((), context),
        )
        own = (event.num, event.time, event.type.id, event.tid, event.cpu, machine.first_time)
        volatile = [extract(context) for extract in self._volatile]
        self.events.append((*own, lengths, params, *keys, *volatile), size=len(params))

    def _process(self, context: Context) -> int:
        thread = context.thread
        if thread is None:
            return self.processes.intern((False, *(None,) * 10), context)
        known = self._process_of.get(context.event.tid)
        if known is not None and known[0] == self._epoch and known[1] is thread:
            return known[2]
        row = self.processes.intern(_process_row(context, thread), context)
        self._process_of[context.event.tid] = (self._epoch, thread, row)
        return row

    def _container(self, context: Context) -> int:
        thread, machine = context.machine.threads.get(context.event.tid), context.machine
        if thread is None or context.event.type.id in _TELLING:
            return self.containers.intern((_metadata(context),), context)
        info = machine.containers.get(thread.container_id)
        key = thread.container_id, id(info), len(machine.containers)
        known = self._container_of.get(key)
        if known is None:
            known = info, self.containers.intern((_metadata(context),), context)
            self._container_of[key] = known
        return known[1]

    def _file(self, context: Context) -> int:
        fd, event, thread = context.fd, context.event, context.thread
        if fd is None or thread is None or not event.type.flags & _FD_FLAGS:
            return self.files.intern(_file_row(context), context)
        key = (id(fd), event.fd is None, event.fd_old_name, thread.container_id, event.type.id & 1)
        known = self._file_of.get(key)
        if known is not None:
            return known[1]
        row = self.files.intern(_file_row(context), context)
        self._file_of[key] = (fd, row)
        return row

    def tables(self) -> dict[str, pa.Table]:
        """Events and dimensions as Arrow tables, by name."""
        return {
            EVENTS: self.events.table(),
            schema.KINDS: self.kinds.columns.table(),
            schema.PROCESSES: self.processes.columns.table(),
            schema.FILES: self.files.columns.table(),
            schema.CONTAINERS: self.containers.columns.table(),
            schema.ARGUMENTS: self.arguments.columns.table(),
            schema.DESCRIPTORS: self.descriptors.columns.table(),
        }


def _process_row(context: Context, thread: Thread) -> Row:
    """What fields with an argument need of the process and its ancestors."""
    threads = context.machine.threads
    line: list[Thread] = []
    found = threads.main(thread)
    while found is not None and len(line) < _GENERATIONS:
        line.append(found)
        found = threads.step_up(found)
    parent = line[1] if len(line) > 1 else None
    return (
        True,
        tuple(map(to_text, thread.args)),
        tuple(to_text(b"=".join(pair)) for pair in thread.cgroups),
        None if parent is None else parent.clone_ts,
        tuple(to_text(each.comm) for each in line),
        tuple(to_text(each.exe) for each in line),
        tuple(to_text(each.exepath) for each in line),
        tuple(to_text(each.command_line) for each in line),
        tuple(to_text(arguments(each)) for each in line),
        tuple(to_text(b"\0".join(threads.env(each))) for each in line),
        tuple(each.pid for each in line),
    )


_GENERATIONS = 64
"""How many ancestors a row remembers for fields with a number."""


def _file_row(context: Context) -> Row:
    fd = context.fd
    if fd is None:
        return (None, None, None, False)
    return (fd.type, fd.flags, fd.sock, context.event.fd is not None)


def _metadata(context: Context) -> str | None:
    """What is known of the container, and of the sandbox that speaks for it, by id."""
    known = metadata_of(context)
    return json.dumps({to_text(key): info for key, info in known.items()}, sort_keys=True) if known else None


def _resolved(context: Context) -> tuple[str | None, ...]:
    """What the parameters stand for; empty where all of them stand for themselves."""
    count = min(len(context.event.params), len(context.event.type.params))
    texts = tuple(resolved_text(context, index) for index in range(count))
    return texts if any(texts) else ()
