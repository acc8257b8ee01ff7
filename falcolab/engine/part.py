"""The data of one part of a capture: its events and the dimensions that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from falcolab.engine.binders import binder_of
from falcolab.engine.binding import ACROSS, CONSTANT
from falcolab.engine.masks import FactorCache
from falcolab.engine.table import Table, arrow_type, per_distinct, plain
from falcolab.errors import InputError
from falcolab.lake.layout import EVENTS, layout_of
from falcolab.lake.manifest import Capture, DataFile, Part
from falcolab.lake.schema import LOCAL_BITS
from falcolab.lake.store import Store
from falcolab.lang.typed import FieldValue

_LOCAL = (1 << LOCAL_BITS) - 1


class PartData:
    """Reads one part, column by column, and remembers what it has read.

    Args:
        store: the lake.
        capture: the capture that the part belongs to.
        part: the part.
        since: only events from this time on, ns.
        until: only events before this time, ns.
        cached: whether the truth of factors is kept on disk.
    """

    def __init__(
        self,
        store: Store,
        capture: Capture,
        part: Part,
        since: int | None = None,
        until: int | None = None,
        *,
        cached: bool = True,
    ) -> None:
        self.store, self.capture, self.part = store, capture, part
        self.layout, self.bind = layout_of(capture.source), binder_of(capture.source)
        self.since, self.until, self.cached = since, until, cached
        self._tables: dict[str, Table] = {}
        self._keys: dict[str, npt.NDArray[np.int64]] = {}

    @cached_property
    def events(self) -> Table:
        """The events, in the order of the capture."""
        return Table(self._picked[1], self._load_events, self.bind)

    @cached_property
    def _picked(self) -> tuple[npt.NDArray[np.int64] | None, int]:
        """Which of the stored events count, in the order of their numbers, and how many; None for all."""
        files = self.part.of_table(EVENTS)
        if len(files) == 1 and self.since is None and self.until is None:
            return None, files[0].rows
        stored = self._read(files, ["num", "time"])
        num, time = stored["num"].to_numpy(), stored["time"].to_numpy()
        order = np.argsort(num, kind="stable")
        if self.since is not None:
            order = order[time[order] >= self.since]
        if self.until is not None:
            order = order[time[order] < self.until]
        return order, len(order)

    def _load_events(self, names: Sequence[str]) -> pa.Table:
        stored = [name for name in names if name != "reltime"]
        if "reltime" in names and "time" not in stored:
            stored.append("time")
        table = self._read(self.part.of_table(EVENTS), stored)
        if self._picked[0] is not None:
            table = table.take(pa.array(self._picked[0]))
        if "reltime" in names:
            elapsed = pc.subtract(table["time"], self.capture.first_time or 0)
            # An unsigned number in Falco: before the first event it wraps around.
            table = table.append_column("reltime", pa.chunked_array([elapsed.to_numpy().view(np.uint64)]))
        return table

    def _read(self, files: Sequence[DataFile], names: Sequence[str]) -> pa.Table:
        tables = [read_columns(self.store.root / file.path, names) for file in files]
        return pa.concat_tables(tables) if len(tables) > 1 else tables[0]

    def table(self, name: str) -> Table:
        """A dimension, or the events."""
        if name == EVENTS:
            return self.events
        if name not in self._tables:
            file = self.part.of_table(name)[0]
            self._tables[name] = Table(file.rows, lambda names: self._read([file], names), self.bind)
        return self._tables[name]

    def cache(self, name: str) -> FactorCache:
        """Where the truth of factors over a dimension is kept."""
        file = self.part.of_table(name)[0]
        return FactorCache(self.store.cache if self.cached else None, file.sha256, file.rows)

    def keys(self, key: str) -> npt.NDArray[np.int64]:
        """For every event its row in a dimension."""
        if key not in self._keys:
            self._keys[key] = self.events.stored([key])[0].to_numpy() & _LOCAL
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


def read_columns(path: Path, names: Sequence[str]) -> pa.Table:
    """Some columns of a Parquet file.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return pq.ParquetFile(path).read(columns=list(names)).select(list(names))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {error}; `falcolab lake verify` tells more") from None
