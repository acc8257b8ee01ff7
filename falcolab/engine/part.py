"""The data of one part of a capture: its events and the dimensions that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.engine.answers import Answers
from falcolab.engine.binders import binder_of
from falcolab.engine.binding import ACROSS, CONSTANT
from falcolab.engine.coded import plain
from falcolab.engine.column_file import ColumnFile
from falcolab.engine.table import Table, arrow_type, per_distinct
from falcolab.lake.layout import EVENTS, PART, layout_of
from falcolab.lake.manifest import Capture, DataFile, Part
from falcolab.lake.schema import LOCAL_BITS
from falcolab.lake.store import CACHE_NAME, Store
from falcolab.lang.typed import FieldValue

LOCAL = (1 << LOCAL_BITS) - 1


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """The keys of some events in a row.

    Attributes:
        start: the position of the first.
        rows: how many.
        keys: for each dimension asked for, its keys; the row is what ``LOCAL`` leaves of a key.
    """

    start: int
    rows: int
    keys: list[npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Period:
    """A range of time.

    Attributes:
        since: its beginning, ns since 1970; None where it has none.
        until: the first moment after it.
    """

    since: int | None = None
    until: int | None = None

    def holds(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of some times lie in it."""
        inside = np.ones(len(times), np.bool_)
        if self.since is not None:
            inside &= times >= self.since
        if self.until is not None:
            inside &= times < self.until
        return inside


ANY_TIME = Period()


class PartData:
    """Reads one part, column by column, and remembers what it has read.

    Args:
        store: the lake.
        capture: the capture that the part belongs to.
        part: the part.
        period: only events of that time.
        cached: whether the truth of factors is kept on disk.
    """

    def __init__(
        self,
        store: Store,
        capture: Capture,
        part: Part,
        period: Period = ANY_TIME,
        *,
        cached: bool = True,
    ) -> None:
        self.store, self.capture, self.part = store, capture, part
        self.layout, self.bind = layout_of(capture.source), binder_of(capture.source)
        self.period, self.cached = period, cached
        self._tables: dict[str, Table] = {}
        self._keys: dict[str, npt.NDArray[np.int64]] = {}
        self._files: dict[str, ColumnFile] = {}

    @cached_property
    def events(self) -> Table:
        """The events, in the order of the capture."""
        return Table(self._picked[1], self._load_events, self.bind)

    @property
    def times(self) -> tuple[int, int]:
        """A range of time in which all its events are."""
        return self.part.min_time, self.part.max_time

    def release(self) -> None:
        """Forget what has been read; it is read again when it is asked for."""
        self._tables.clear()
        self._keys.clear()
        self._files.clear()
        for name in ("events", "_picked"):
            self.__dict__.pop(name, None)

    @cached_property
    def _picked(self) -> tuple[npt.NDArray[np.int64] | None, int]:
        """Which of the stored events count, in the order of their ids, and how many; None for all."""
        files = self.part.of_table(EVENTS)
        if self.period == ANY_TIME and self._are_ordered(files):
            return None, sum(file.rows for file in files)
        stored = self._read(files, [PART, "num", "time"])
        part, num, time = (column.to_numpy() for column in stored.columns)
        order = np.lexsort((num, part))
        order = order[self.period.holds(time[order])]
        return order, len(order)

    def _are_ordered(self, files: Sequence[DataFile]) -> bool:
        """Whether the events of each file come before those of the next, as they do within a file."""
        ends = [self._open(file).ends for file in files] if len(files) > 1 else []
        return all(before[1] < after[0] for before, after in pairwise(ends))

    def _load_events(self, names: Sequence[str]) -> pa.Table:
        stored = [name for name in names if name != "reltime"]
        if "reltime" in names:
            stored += [name for name in (PART, "time") if name not in stored]
        table = self._read(self.part.of_table(EVENTS), stored)
        if self._picked[0] is not None:
            table = table.take(pa.array(self._picked[0]))
        if "reltime" in names:
            elapsed = table["time"].to_numpy() - self._first_times(table[PART].to_numpy())
            # An unsigned number in Falco: before the first event it wraps around.
            table = table.append_column("reltime", pa.array(elapsed.view(np.uint64)))
        return table

    def _first_times(self, parts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each event, when the capture began that it was ingested with."""
        first = {part: each.first_time or 0 for each in self.capture.origins for part in each.parts}
        known, positions = np.unique(parts, return_inverse=True)
        return np.array([first[part] for part in known.tolist()], np.int64)[positions]

    def _read(self, files: Sequence[DataFile], names: Sequence[str]) -> pa.Table:
        tables = [self._open(file).read(names) for file in files]
        return pa.concat_tables(tables) if len(tables) > 1 else tables[0]

    def _open(self, file: DataFile) -> ColumnFile:
        if file.path not in self._files:
            self._files[file.path] = ColumnFile(self.store.root / file.path)
        return self._files[file.path]

    def table(self, name: str) -> Table:
        """A dimension, or the events."""
        if name == EVENTS:
            return self.events
        if name not in self._tables:
            file = self.part.of_table(name)[0]
            self._tables[name] = Table(file.rows, lambda names: self._read([file], names), self.bind)
        return self._tables[name]

    def answers(self, name: str) -> Answers:
        """What earlier replays found out about a dimension, or about the events."""
        if not self.cached or (name == EVENTS and self._picked[0] is not None):
            return Answers(None)
        digests = [file.sha256 for file in self.part.of_table(name)]
        others = "" if len(digests) == 1 else f"-{sha256(''.join(digests).encode()).hexdigest()[:16]}"
        return Answers(self.store.cache / digests[0][:CACHE_NAME] / f"{name}{others}.arrow")

    def key_blocks(self, names: Sequence[str]) -> Iterator[KeyBlock]:
        """The keys of all events, block by block in their order."""
        if not names:
            yield KeyBlock(0, self.events.rows, [])
            return
        start = 0
        for batch in self._key_batches(names):
            yield KeyBlock(start, batch.num_rows, [column.to_numpy() for column in batch.columns])
            start += batch.num_rows

    def _key_batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch | pa.Table]:
        if self._picked[0] is not None:
            yield pa.table(self.events.stored(names), names)
            return
        for file in self.part.of_table(EVENTS):
            yield from self._open(file).batches(names)

    def picked(self, name: str, rows: npt.NDArray[np.int64]) -> pa.Array:
        """A stored column of some events, in ascending order."""
        if self._picked[0] is not None or name == "reltime":
            return self.events.stored([name])[0].take(pa.array(rows)).combine_chunks()
        pieces, start = [], 0
        for file in self.part.of_table(EVENTS):
            first, last = np.searchsorted(rows, (start, start + file.rows))
            pieces += self._open(file).picked(name, rows[first:last] - start)
            start += file.rows
        return pa.concat_arrays([pa.array([], self.layout.events.field(name).type), *pieces])

    def keys(self, key: str) -> npt.NDArray[np.int64]:
        """For every event its row in a dimension."""
        if key not in self._keys:
            self._keys[key] = self.events.stored([key])[0].to_numpy() & LOCAL
        return self._keys[key]

    def values(self, value: FieldValue, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
        """What conditions compare: the values of a field for some events."""
        binding = self.bind(value)
        if binding.table == EVENTS:
            return self.events.take(rows).column(value)
        if binding.table == CONSTANT:
            constant = binding.compute() if binding.compute else None
            return pa.chunked_array([pa.array([constant] * len(rows), arrow_type(value))])
        if binding.table == ACROSS:
            return self._computed(value, rows)
        local = self.keys(self.layout.key_of(binding.table))[rows]
        wanted, positions = np.unique(local, return_inverse=True)
        column = self.table(binding.table).take(wanted).column(value)
        return column.take(pa.array(positions))

    def listed(self, value: FieldValue, rows: npt.NDArray[np.int64]) -> list[Any]:
        """The values of a field for some events, several for one event as tuples."""
        binding = self.bind(value)
        if binding.compute is None:
            return plain(self.values(value, rows))
        if not binding.columns:
            return [binding.compute()] * len(rows)
        compute = binding.compute
        return per_distinct([self.raw(name, rows) for name in binding.columns], lambda row: compute(*row))

    def _computed(self, value: FieldValue, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
        binding = self.bind(value)
        columns = [self.raw(name, rows) for name in binding.columns]
        compute: Any = binding.compute
        return pa.chunked_array(
            [pa.array(per_distinct(columns, lambda row: compute(*row)), arrow_type(value))]
        )

    def raw(self, column: str, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
        """A stored column, of the events or of a dimension, for some events."""
        table = self.layout.dimension_of.get(column)
        if table is None:
            return self.events.stored([column])[0].take(pa.array(rows))
        local = self.keys(self.layout.key_of(table))[rows]
        return self.table(table).stored([column])[0].take(pa.array(local))
