"""System events into rows: the state that an event left behind, interned by value.

The values are those of :mod:`falcolab.system.values`. They are computed once for each state of
what they depend on, which the keys of :mod:`falcolab.lake.syscall_changes` tell apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from falcolab.lake import syscall_schema as schema
from falcolab.lake.columns import Columns
from falcolab.lake.schema import EVENTS, LOCAL_BITS
from falcolab.lake.syscall_changes import (
    Fds,
    Table,
    Traits,
    argument_key,
    file_key,
    is_kept,
    kind_key,
    line_of,
    process_state,
    result_of,
    traits,
    usage_of,
)
from falcolab.lang.strings import to_text
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, Thread, ThreadFlag
from falcolab.system.values import FIELDS, Context
from falcolab.system.values.container import metadata_of
from falcolab.system.values.params import resolved_text
from falcolab.system.values.process import arguments

Row = tuple[Any, ...]
_Place = tuple[Event, Machine, Thread | None, Descriptor | None]
"""What the context of an event is made of, which few events need."""

_MAX_KNOWN = 65_536
"""How many keys are remembered; then remembering begins anew, so that memory stays bounded."""

_MAX_PROCESSES = 16_384
"""The same for threads, which hold more."""

_NO_FDS: Fds = {}


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
        self.known: dict[Hashable, int] = {}
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

    def remember(self, key: Hashable, row: int) -> int:
        """Know a row by a key, unless that is None."""
        if key is None:
            return row
        if len(self.known) >= _MAX_KNOWN:
            self.known.clear()
        self.known[key] = row
        return row


class _Events(Columns):
    """The rows of events; the values of usage, which many have in common, become columns once a batch."""

    def __init__(self) -> None:
        super().__init__(schema.EVENT_SCHEMA)
        self._usages: dict[Row, int] = {}

    def share(self, usage: Row) -> int:
        """A number that stands for the usage at the end of a row."""
        return self._usages.setdefault(usage, len(self._usages))

    def _columns(self, rows: Sequence[Row]) -> Iterable[Any]:
        *columns, shares = zip(*rows, strict=True)
        usages, at = zip(*self._usages, strict=True), pa.array(shares, pa.int32())
        types = self.schema.types[len(columns) :]
        self._usages = {}
        return [
            *columns,
            *[pa.array(values, type_).take(at) for values, type_ in zip(usages, types, strict=True)],
        ]


class SyscallEncoder:
    """Collects events of one part of a capture as columns.

    Args:
        part: the number of the part, which makes its keys unique in the lake.
    """

    def __init__(self, part: int) -> None:
        base = part << LOCAL_BITS
        self.events = _Events()
        self.kinds = _Interner(schema.KINDS, schema.KIND_FIELDS, base)
        self.processes = _Interner(schema.PROCESSES, schema.PROCESS_FIELDS, base)
        self.files = _Interner(schema.FILES, schema.FILE_FIELDS, base)
        self.containers = _Interner(schema.CONTAINERS, schema.CONTAINER_FIELDS, base)
        self.arguments = _Interner(schema.ARGUMENTS, schema.ARGUMENT_FIELDS, base)
        self.descriptors = _Interner(schema.DESCRIPTORS, schema.DESCRIPTOR_FIELDS, base)
        self._traits = traits()
        self._volatile = _extractors(schema.EVENT_FIELDS)
        self._states = _States()
        self._lengths: dict[tuple[int, ...], bytes] = {}
        self._nobody: Row | None = None

    def __len__(self) -> int:
        return self.events.rows

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return self.events.size

    def notice(self, event: Event, machine: Machine) -> None:
        """Note that an event has changed the state, whether rules see it or not."""
        trait = self._traits[event.type.id]
        if trait.changes or self._states.differs_from(machine):
            self._states.notice(trait, event, machine)
            if self._states.has_other_containers:
                self.files.known.clear()
                self.containers.known.clear()

    def forget(self) -> None:
        """Note that everything may have changed."""
        self._states = _States()
        for interner in (self.files, self.containers, self.arguments):
            interner.known.clear()

    def add(self, event: Event, machine: Machine) -> None:
        """Add an event that the machine has just taken in."""
        trait, threads = self._traits[event.type.id], machine.threads
        thread = threads.by_id.get(event.tid)
        if trait.tells or event.thread is not thread:
            rest = self._odd(Context.of(event, machine))
        elif thread is None:
            rest = self._unknown(event, machine, trait)
        else:
            rest = self._usual(event, machine, thread, trait)
        params = event.params
        data, sizes = b"".join(params), self._sizes(params)
        own = event.num, event.time, trait.id, event.tid, event.cpu, machine.first_time, sizes, data
        self.events.append(own + rest, size=len(data))

    def _sizes(self, params: tuple[bytes, ...]) -> bytes:
        lengths = tuple(map(len, params))
        found = self._lengths.get(lengths)
        if found is None:
            if len(self._lengths) >= _MAX_KNOWN:
                self._lengths.clear()
            found = b"".join([length.to_bytes(4, "little") for length in lengths])
            self._lengths[lengths] = found
        return found

    def _odd(self, context: Context) -> Row:
        """Keys and values of an event whose thread is not known, or that tells of a container itself."""
        thread, name = context.thread, context.event.type.name
        return (
            self.kinds.intern((name,), context),
            self.processes.intern(_NO_PROCESS if thread is None else _process_row(context, thread), context),
            self.files.intern(_file_row(context), context),
            self.containers.intern((_metadata(context),), context),
            self.arguments.intern((_resolved(context),), context),
            self.descriptors.intern((), context),
            self.events.share(tuple([extract(context) for extract in self._volatile])),
        )

    def _unknown(self, event: Event, machine: Machine, trait: Traits) -> Row:
        """Keys and values of an event whose thread is not known: all but two rows are always the same."""
        if self._nobody is None or event.fd is not None:
            row = self._odd(Context.of(event, machine))
            self._nobody = row if event.fd is None else None
            return row
        _, process, file, container, _, descriptors, _ = self._nobody
        place = event, machine, None, None
        kind_is, argument_is = kind_key(trait, event), argument_key(trait, event, None, _NO_FDS, machine)
        kind = self.kinds.known.get(kind_is) or self._kind(kind_is, *place)
        argument = self.arguments.known.get(argument_is) or self._argument(argument_is, *place)
        usage = self.events.share((*_NO_USAGE, result_of(trait, event)))
        return kind, process, file, container, argument, descriptors, usage

    def _usual(self, event: Event, machine: Machine, thread: Thread, trait: Traits) -> Row:
        """Keys and values of an event whose thread is in the table."""
        states, fd = self._states, event.fd
        own_fds = machine.threads.fds(thread) if thread.flags & ThreadFlag.CLONE_FILES else thread.fds
        fds = _NO_FDS if own_fds is None else own_fds
        if fd is None and thread.last_fd >= 0:
            fd = fds.get(thread.last_fd)
        place = event, machine, thread, fd
        process, table = states.processes.get(thread), states.tables.get(id(fds))
        kind = kind_key(trait, event)
        file = file_key(trait, event, thread, fd, machine)
        argument = argument_key(trait, event, thread, fds, machine)
        # No key of a row is 0, for parts count from 1; and if one were, it would only be found again.
        keys = (
            self.kinds.known.get(kind) or self._kind(kind, *place),
            process.row
            if process is not None and process.epoch == states.epoch
            else self._process(process, thread, *place),
            self.files.known.get(file) or self._file(file, *place),
            self.containers.known.get(thread.container_id) or self._container(thread.container_id, *place),
            self.arguments.known.get(argument) or self._argument(argument, *place),
            (table is not None and table.rows[trait.has_fd]) or self._descriptor(table, fds, trait, *place),
        )
        return (*keys, self.events.share(usage_of(event, thread, trait)))

    def _kind(self, key: Hashable, *place: *_Place) -> int:
        context = Context(*place)
        return self.kinds.remember(key, self.kinds.intern((context.event.type.name,), context))

    def _process(self, known: _Process | None, thread: Thread, *place: *_Place) -> int:
        machine = place[1]
        state = process_state(machine, thread)
        if known is not None and known.state == state:
            known.epoch = self._states.epoch
            return known.row
        context = Context(*place)
        row = self.processes.intern(_process_row(context, thread), context)
        return self._states.remember_process(thread, row, state)

    def _file(self, key: Hashable, *place: *_Place) -> int:
        context = Context(*place)
        return self.files.remember(key, self.files.intern(_file_row(context), context))

    def _container(self, container_id: bytes, *place: *_Place) -> int:
        context = Context(*place)
        row = self.containers.intern((_metadata(context),), context)
        return self.containers.remember(container_id, row)

    def _argument(self, key: Hashable, *place: *_Place) -> int:
        context = Context(*place)
        return self.arguments.remember(key, self.arguments.intern((_resolved(context),), context))

    def _descriptor(self, table: Table | None, fds: Fds, trait: Traits, *place: *_Place) -> int:
        if table is None:
            table = self._states.tables[id(fds)] = Table(fds)
        key = table.key(has_fd=trait.has_fd)
        row = self.descriptors.known.get(key)
        if row is None:
            row = self.descriptors.remember(key, self.descriptors.intern((), Context(*place)))
        table.rows[trait.has_fd] = row
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


@dataclass(slots=True)
class _Process:
    """The row of a thread.

    Attributes:
        row: its key.
        state: in which state of the thread it is right.
        epoch: when that was looked at last.
    """

    row: int
    state: Row
    epoch: int


class _States:
    """Which rows are known to be right as long as no event changes what they depend on.

    Attributes:
        epoch: changes with every event after which any process may be another.
        processes: the row of each thread.
        tables: those of each table of descriptors, by its address.
        has_other_containers: whether the last event that was noticed concerns containers.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.processes: dict[Thread, _Process] = {}
        self.tables: dict[int, Table] = {}
        self.has_other_containers = False
        self._sizes = 0, 0
        self._is_pending = False
        self._exited: Thread | None = None
        self._closed: tuple[int, Descriptor, int] | None = None

    def differs_from(self, machine: Machine) -> bool:
        """Whether something has changed, or will, that the type of the last event does not tell."""
        return self._is_pending or self._sizes != (len(machine.threads.by_id), len(machine.containers))

    def notice(self, trait: Traits, event: Event, machine: Machine) -> None:
        """Note what an event has changed."""
        if self._closed is not None:
            self._forget_closed(*self._closed)
        if trait.changes_descriptors:
            self._notice_descriptors(trait, event, machine)
        before, self._sizes = self._sizes, (len(machine.threads.by_id), len(machine.containers))
        if trait.changes_processes or before[0] != self._sizes[0] or self._exited is not None:
            self._notice_processes(trait, event)
        self.has_other_containers = trait.tells or before[1] != self._sizes[1]
        # A descriptor that is closed goes when the next event comes, and so does a thread that exits.
        self._is_pending = self._closed is not None or self._exited is not None

    def _forget_closed(self, address: int, fd: Descriptor, number: int) -> None:
        self._closed = None
        table = self.tables.get(address)
        if table is not None and not table.remove(number, fd):
            del self.tables[address]

    def _notice_descriptors(self, trait: Traits, event: Event, machine: Machine) -> None:
        thread = event.thread
        if thread is None or is_kept(trait, event):
            return
        address = id(machine.threads.fds(thread))
        if trait.closes and event.fd is not None:
            self._closed = address, event.fd, thread.last_fd
            return
        table = self.tables.get(address)
        if table is not None and not (trait.makes_one and table.add(thread.last_fd, event.fd)):
            del self.tables[address]

    def _notice_processes(self, trait: Traits, event: Event) -> None:
        self.epoch += 1
        self.tables.clear()
        if self._exited is not None:
            self.processes.pop(self._exited, None)
        self._exited = event.thread if trait.exits else None

    def remember_process(self, thread: Thread, row: int, state: Row) -> int:
        """Know the row of a thread in a state."""
        if len(self.processes) >= _MAX_PROCESSES:
            self.processes.clear()
        self.processes[thread] = _Process(row, state, self.epoch)
        return row


_NO_USAGE = (None,) * (len(schema.EVENT_FIELDS) - 1)
"""That of a thread that is not known, but for the result of the call."""

_NO_PROCESS = (False, *(None,) * (len(schema.PROCESS_COLUMNS) - 1))


def _process_row(context: Context, thread: Thread) -> Row:
    """What fields with an argument need of the process and its ancestors."""
    threads = context.machine.threads
    line = line_of(threads, thread)
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
