"""System calls out of the journal, into the lake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from capture.journal.frame import Frame
from capture.journal.kinds import Kind
from capture.syscalls.recorder import Recorder
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.capture_writer import CaptureWriter
from falcolab.lake.layout import EVENTS, layout_of
from falcolab.lake.manifest import Losses
from falcolab.lake.schema import LOCAL_BITS
from falcolab.system.saved import restore

Tables = Mapping[str, pa.Table]

KINDS = frozenset({Kind.SNAPSHOT, Kind.SYSCALL_EVENTS, Kind.LOSS})
"""The frames that a capture of system calls is made from."""


class SyscallEncoding:
    """Turns a segment's frames into parts of a capture.

    The daemon has the tables of the segment that it has just sealed; those of a segment that an
    earlier process left are made again from its frames, beginning with the state of the machine.
    """

    source = SYSCALL
    kinds = KINDS

    def __init__(self) -> None:
        self._prepared: dict[str, Tables] = {}

    def prepare(self, digest: str, tables: Tables) -> None:
        """Have the tables of a segment ready, by the digest of the segment."""
        self._prepared[digest] = tables

    def forget(self) -> None:
        """Let go of tables that were not needed; they can be made again from the frames."""
        self._prepared.clear()

    def encode(self, frames: Iterator[Frame], writer: CaptureWriter, digest: str, /) -> int:
        """Stage the parts of the capture; none of its events is ever rejected."""
        tables = self._prepared.pop(digest, None)
        recorder = None
        for frame in frames:
            if frame.kind == Kind.LOSS:
                add_losses(writer.lost, json.loads(frame.payload))
            elif tables is None and frame.kind == Kind.SNAPSHOT and recorder is None:
                recorder = Recorder(restore(frame.payload))
            elif recorder is not None and frame.kind == Kind.SYSCALL_EVENTS:
                recorder.take(frame.payload)
        if tables is None and recorder is not None:
            tables = recorder.tables()
        if tables is not None:
            writer.add_part(placed(tables, writer.ordinal))
        return 0


def placed(tables: Tables, ordinal: int) -> dict[str, pa.Table]:
    """Tables with the number of a part in their keys."""
    layout = layout_of(SYSCALL)
    keys = [layout.key_of(name) for name in layout.dimensions]
    placed = {EVENTS: _with_base(tables[EVENTS], keys, ordinal)}
    return placed | {
        name: _with_base(tables[name], [layout.key_of(name)], ordinal) for name in layout.dimensions
    }


def _with_base(table: pa.Table, keys: list[str], ordinal: int) -> pa.Table:
    local = pa.scalar(np.int64((1 << LOCAL_BITS) - 1))
    base = pa.scalar(np.int64(ordinal << LOCAL_BITS))
    for key in keys:
        at = table.schema.get_field_index(key)
        column = pc.bit_wise_or(pc.bit_wise_and(table[key], local), base)
        table = table.set_column(at, table.schema.field(at), column)
    return table


def add_losses(total: Losses, more: Losses) -> None:
    """Add how many events were lost."""
    for cpu, types in more.items():
        mine = total.setdefault(cpu, {})
        for type_, count in types.items():
            mine[type_] = mine.get(type_, 0) + count
