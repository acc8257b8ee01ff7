"""System events into rows: the state that an event left behind, interned by value.

The values are those of :mod:`falcolab.system.values`. They are computed once for each state of
what they depend on: a process until an event changes processes, a descriptor's record for good,
for records never change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from falcolab.lake import syscall_schema as schema
from falcolab.lake.columns import Columns
from falcolab.lake.schema import EVENTS, LOCAL_BITS
from falcolab.lake.syscall_changes import changes_descriptors, changes_processes, kind_of, takes_only_fds
from falcolab.lang.strings import to_text
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.thread import Thread
from falcolab.system.values import FIELDS, Context
from falcolab.system.values.container import metadata_of
from falcolab.system.values.params import resolved_text
from falcolab.system.values.process import arguments

Row = tuple[Any, ...]

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


class _Interner:
    """The rows of one dimension by their values, and those of states seen before by a key of the state."""

    def __init__(self, table: str, names: Sequence[str], base: int) -> None:
        self.base = base
        self.ids: dict[Row, int] = {}
        self.known: dict[Any, tuple[int, Any]] = {}
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

    def remember(self, key: Any, row: int, kept: Any = None) -> int:
        """Know a row by a key; ``kept`` keeps alive what the key identifies by address."""
        self.known[key] = row, kept
        return row


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
        self._processes_epoch = self._descriptors_epoch = 0
        self._is_delayed = False

    def __len__(self) -> int:
        return self.events.rows

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return self.events.size

    def notice(self, event: Event) -> None:
        """Note that an event has changed the state, whether rules see it or not."""
        type_ = event.type
        # A thread that exits and a descriptor that is closed go when the next event comes.
        if self._is_delayed or changes_processes(type_):
            self._processes_epoch += 1
        if self._is_delayed or changes_descriptors(type_):
            self._descriptors_epoch += 1
        self._is_delayed = type_.name in ("procexit", "close")

    def forget(self) -> None:
        """Note that everything may have changed."""
        self._processes_epoch += 1
        self._descriptors_epoch += 1
        for interner in (self.processes, self.files, self.containers, self.arguments, self.descriptors):
            interner.known.clear()

    def add(self, event: Event, machine: Machine) -> None:
        """Add an event that the machine has just taken in."""
        context = Context.of(event, machine)
        lengths = b"".join([len(param).to_bytes(4, "little") for param in event.params])
        params = b"".join(event.params)
        keys = (
            self._kind(context),
            self._process(context),
            self._file(context),
            self._container(context),
            self._argument(context),
            self._descriptor(context),
        )
        own = (event.num, event.time, event.type.id, event.tid, event.cpu, machine.first_time)
        volatile = [extract(context) for extract in self._volatile]
        self.events.append((*own, lengths, params, *keys, *volatile), size=len(params))

    def _kind(self, context: Context) -> int:
        key = kind_of(context)
        known = self.kinds.known.get(key) if key is not None else None
        if known is not None:
            return known[0]
        row = self.kinds.intern((context.event.type.name,), context)
        return row if key is None else self.kinds.remember(key, row)

    def _process(self, context: Context) -> int:
        thread = context.thread
        if thread is None:
            return self.processes.intern((False, *(None,) * (len(schema.PROCESS_COLUMNS) - 1)), context)
        known = self.processes.known.get(id(thread))
        if known is not None and known[1] == (self._processes_epoch, thread):
            return known[0]
        row = self.processes.intern(_process_row(context, thread), context)
        return self.processes.remember(id(thread), row, (self._processes_epoch, thread))

    def _file(self, context: Context) -> int:
        fd, event, thread = context.fd, context.event, context.thread
        if thread is None or not event.type.flags & _FD_FLAGS:
            key: Any = id(fd), event.fd is None
        elif fd is None:
            return self.files.intern(_file_row(context), context)
        else:
            key = (
                *(id(fd), event.fd is None, event.fd_old_name, thread.container_id),
                *(event.type.is_exit, len(context.machine.containers)),
            )
        known = self.files.known.get(key)
        if known is not None:
            return known[0]
        return self.files.remember(key, self.files.intern(_file_row(context), context), fd)

    def _container(self, context: Context) -> int:
        thread, machine = context.machine.threads.get(context.event.tid), context.machine
        if thread is None or context.event.type.id in _TELLING:
            return self.containers.intern((_metadata(context),), context)
        info = machine.containers.get(thread.container_id)
        key = thread.container_id, id(info), len(machine.containers)
        known = self.containers.known.get(key)
        if known is not None:
            return known[0]
        return self.containers.remember(key, self.containers.intern((_metadata(context),), context), info)

    def _argument(self, context: Context) -> int:
        event, positions = context.event, takes_only_fds(context.event.type)
        if positions is None:
            return self.arguments.intern((_resolved(context),), context)
        numbers = [context.number(index) for index in positions]
        found = [context.fds.get(number) for number in numbers if number is not None] if numbers else []
        key = event.type.id, len(event.params), context.thread is None, *numbers, *map(id, found)
        known = self.arguments.known.get(key)
        if known is not None:
            return known[0]
        row = self.arguments.intern((_resolved(context),), context)
        return self.arguments.remember(key, row, found)

    def _descriptor(self, context: Context) -> int:
        thread = context.thread
        key = id(thread), bool(context.event.type.flags & _FD_FLAGS)
        kept = self._descriptors_epoch, self._processes_epoch, thread
        known = self.descriptors.known.get(key)
        if known is not None and known[1] == kept:
            return known[0]
        return self.descriptors.remember(key, self.descriptors.intern((), context), kept)

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


_GENERATIONS = 64
"""How many ancestors a row remembers for fields with a number."""


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
