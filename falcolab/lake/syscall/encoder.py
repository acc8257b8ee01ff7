"""System events into rows: the state that an event left behind, interned by value.

The values are those of :mod:`falcolab.system.values`. They are computed once for each state of
what they depend on, which the keys of :mod:`falcolab.lake.syscall.keys` tell apart.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass

import pyarrow as pa

from falcolab.lake import syscall_schema as schema
from falcolab.lake.schema import EVENTS, LOCAL_BITS
from falcolab.lake.syscall.dimension import MAX_KNOWN, Dimension, Row, values
from falcolab.lake.syscall.event_rows import EventRows
from falcolab.lake.syscall.fd_table import FdTable
from falcolab.lake.syscall.file import FileRows
from falcolab.lake.syscall.keys import argument_key, file_key, kind_key
from falcolab.lake.syscall.process import ProcessRows, size_of
from falcolab.lake.syscall.process_state import process_state
from falcolab.lake.syscall.referents import Fds
from falcolab.lake.syscall.states import ProcessState, States
from falcolab.lake.syscall.traits import Traits, traits
from falcolab.lake.syscall.usage import NO_USAGE, result_of, usage_of
from falcolab.lang.strings import to_text
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, Thread, ThreadFlag
from falcolab.system.values import Context
from falcolab.system.values.container import metadata_of
from falcolab.system.values.params import resolved_text

_Place = tuple[Event, Machine, Thread | None, Descriptor | None]
"""What the context of an event is made of, which few events need."""

_NO_FDS: Fds = {}


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the encoder is made of that exists twice, in Python and compiled (``falcolab.native``).

    Attributes:
        rows: collects the rows of events.
        fd_table: knows the rows of a table of descriptors.
        process_state: tells the states of a process apart.
    """

    rows: type[EventRows]
    fd_table: type[FdTable]
    process_state: ProcessState


PURE = Pieces(EventRows, FdTable, process_state)


class SyscallEncoder:
    """Collects events of one part of a capture as columns.

    Args:
        part: the number of the part, which makes its keys unique in the lake.
        pieces: in Python or compiled.
    """

    def __init__(self, part: int, pieces: Pieces = PURE) -> None:
        base = part << LOCAL_BITS
        self.events = pieces.rows()
        self.kinds = Dimension(schema.KINDS, schema.KIND_FIELDS, base)
        self.processes = Dimension(schema.PROCESSES, schema.PROCESS_FIELDS, base)
        self.files = Dimension(schema.FILES, schema.FILE_FIELDS, base)
        self.containers = Dimension(schema.CONTAINERS, schema.CONTAINER_FIELDS, base)
        self.arguments = Dimension(schema.ARGUMENTS, schema.ARGUMENT_FIELDS, base)
        self.descriptors = Dimension(schema.DESCRIPTORS, schema.DESCRIPTOR_FIELDS, base)
        self.states = States(pieces.fd_table, pieces.process_state)
        self._pieces = pieces
        self._traits = traits()
        self._volatile = values(schema.EVENT_FIELDS)
        self._lengths: dict[tuple[int, ...], bytes] = {}
        self._process_rows, self._file_rows = ProcessRows(), FileRows()
        self._nobody: Row | None = None

    def notice(self, event: Event, machine: Machine) -> None:
        """Note that an event has changed the state, whether rules see it or not."""
        trait = self._traits[event.type.id]
        if trait.changes or self.states.differs_from(machine):
            self.states.notice(trait, event, machine)
            if self.states.has_other_containers:
                self.files.forget()
                self.containers.forget()

    def forget(self) -> None:
        """Note that everything may have changed."""
        self.states = States(self._pieces.fd_table, self._pieces.process_state)
        for dimension in (self.files, self.containers, self.arguments):
            dimension.forget()

    def add(self, event: Event, machine: Machine) -> None:
        """Add an event that the machine has just taken in."""
        trait, threads = self._traits[event.type.id], machine.threads
        thread = threads.by_id.get(event.tid)
        if trait.tells or event.thread not in (None, thread):
            keys, usage = self._odd(Context.of(event, machine))
        elif thread is None:
            keys, usage = self._unknown(event, machine, trait)
        else:
            keys, usage = self._usual(event, machine, thread, trait)
        params = event.params
        data, sizes = b"".join(params), self._sizes(params)
        own = event.num, event.time, trait.id, event.tid, event.cpu, machine.first_time, sizes, data
        self.events.add(own, keys, usage, size=len(data))

    def _sizes(self, params: tuple[bytes, ...]) -> bytes:
        lengths = tuple(map(len, params))
        found = self._lengths.get(lengths)
        if found is None:
            if len(self._lengths) >= MAX_KNOWN:
                self._lengths.clear()
            found = b"".join([length.to_bytes(4, "little") for length in lengths])
            self._lengths[lengths] = found
        return found

    def _odd(self, context: Context) -> tuple[Row, Row]:
        """Keys and values of an event whose thread is not known, or that tells of a container itself."""
        thread, name = context.thread, context.event.type.name
        keys = (
            self.kinds.intern((name,), context),
            self.processes.intern_row(self._process_rows.row(context, thread, None)),
            self.files.intern_row(self._file_rows.row(context)),
            self.containers.intern((_metadata(context),), context),
            self.arguments.intern((_resolved(context, self._traits[context.event.type.id]),), context),
            self.descriptors.intern((), context),
        )
        return keys, self._volatile(context)

    def _unknown(self, event: Event, machine: Machine, trait: Traits) -> tuple[Row, Row]:
        """Keys and values of an event whose thread is not known: all but two rows are always the same."""
        if self._nobody is None or event.fd is not None:
            keys, usage = self._odd(Context.of(event, machine))
            self._nobody = keys if event.fd is None else None
            return keys, usage
        _, process, file, container, _, descriptors = self._nobody
        place = event, machine, None, None
        kind_is, argument_is = kind_key(trait, event), argument_key(trait, event, None, _NO_FDS, machine)
        kind = self.kinds.known.get(kind_is) or self.kind(kind_is, *place)
        argument = self.arguments.known.get(argument_is) or self.argument(argument_is, *place)
        usage = (*NO_USAGE, result_of(trait, event))
        return (kind, process, file, container, argument, descriptors), usage

    def _usual(self, event: Event, machine: Machine, thread: Thread, trait: Traits) -> tuple[Row, Row]:
        """Keys and values of an event whose thread is in the table."""
        states, fd = self.states, event.fd
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
            self.kinds.known.get(kind) or self.kind(kind, *place),
            process.row
            if process is not None and process.epoch == states.epoch
            else self.process(thread, *place),
            self.files.known.get(file) or self.file(file, *place),
            self.containers.known.get(thread.container_id) or self.container(thread.container_id, *place),
            self.arguments.known.get(argument) or self.argument(argument, *place),
            (table is not None and table.rows[trait.has_fd]) or self.descriptor(fds, trait.has_fd, *place),
        )
        return keys, usage_of(event, thread, trait)

    def kind(self, key: Hashable, *place: *_Place) -> int:
        """The row of a kind of event that is not known by this key."""
        context = Context(*place)
        return self.kinds.remember(key, self.kinds.intern((context.event.type.name,), context))

    def process(self, thread: Thread, *place: *_Place) -> int:
        """The row of a thread that may have changed."""
        row, state = self.states.process(place[1], thread)
        return self.new_process(thread, state, *place) if row is None else row

    def new_process(self, thread: Thread, state: Row, *place: *_Place) -> int:
        """The row of a thread that is new or has changed, in its new state."""
        made = self._process_rows.row(Context(*place), thread, state)
        row = self.processes.intern_row(made, size_of(made))
        return self.states.remember_process(thread, row, state)

    def file(self, key: Hashable, *place: *_Place) -> int:
        """The row of what a descriptor points to that is not known by this key."""
        return self.files.remember(key, self.files.intern_row(self._file_rows.row(Context(*place))))

    def container(self, container_id: bytes, *place: *_Place) -> int:
        """The row of a container that is not known."""
        context = Context(*place)
        row = self.containers.intern((_metadata(context),), context)
        return self.containers.remember(container_id, row)

    def argument(self, key: Hashable, *place: *_Place) -> int:
        """The row of what arguments stand for that is not known by this key."""
        context = Context(*place)
        trait = self._traits[context.event.type.id]
        own = (_resolved(context, trait),)
        row = self.arguments.intern(own, context) if trait.looks_around else self.arguments.intern_absent(own)
        return self.arguments.remember(key, row)

    def descriptor(self, fds: Fds, has_fd: bool, *place: *_Place) -> int:  # noqa: FBT001 - a key
        """The row of a table of descriptors, which is not known for events with or without those fields."""
        table = self.states.tables.get(id(fds))
        if table is None:
            table = self.states.tables[id(fds)] = self.states.fd_table(fds)
        key = table.key(has_fd)
        row = self.descriptors.known.get(key)
        if row is None:
            row = self.descriptors.remember(key, self.descriptors.intern((), Context(*place)))
        table.rows[has_fd] = row
        return row

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """The dimensions by name."""
        return {
            schema.KINDS: self.kinds,
            schema.PROCESSES: self.processes,
            schema.FILES: self.files,
            schema.CONTAINERS: self.containers,
            schema.ARGUMENTS: self.arguments,
            schema.DESCRIPTORS: self.descriptors,
        }

    def tables(self) -> dict[str, pa.Table]:
        """Events and dimensions as Arrow tables, by name."""
        dimensions = {name: each.columns.table() for name, each in self.dimensions.items()}
        return {EVENTS: self.events.table(), **dimensions}


def _metadata(context: Context) -> str | None:
    """What is known of the container, and of the sandbox that speaks for it, by id."""
    known = metadata_of(context)
    return json.dumps({to_text(key): info for key, info in known.items()}, sort_keys=True) if known else None


def _resolved(context: Context, trait: Traits) -> tuple[str | None, ...]:
    """What the parameters stand for; empty where all of them stand for themselves."""
    count = min(len(context.event.params), len(context.event.type.params))
    positions = [index for index in trait.resolved if index < count]
    texts: list[str | None] = [None] * count
    for index in positions:
        texts[index] = resolved_text(context, index)
    return tuple(texts) if positions else ()
