"""A part that is not in a lake yet: its events and dimensions are tables in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.engine.answers import Answers
from falcolab.engine.binders import binder_of
from falcolab.engine.part import PartData
from falcolab.engine.table import Table
from falcolab.lake.layout import EVENTS, PART, layout_of


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a dimension come from.

    Attributes:
        rows: how many.
        load: gives columns by their names.
    """

    rows: int
    load: Callable[[Sequence[str]], pa.Table]

    @classmethod
    def of(cls, table: pa.Table) -> Source:
        """A table."""
        return cls(table.num_rows, lambda names: table.select(list(names)))


class MemoryPart(PartData):
    """The data of a part from memory.

    Args:
        source: the event source.
        events: its events, as an encoder gives them.
        dimensions: by name.
        first_time: when the recording began, ns since 1970.
        ordinal: the number that the ids of its events begin with.
    """

    def __init__(
        self,
        source: str,
        events: pa.Table,
        dimensions: Mapping[str, Source],
        first_time: int = 0,
        ordinal: int = 0,
    ) -> None:
        self.layout, self.bind = layout_of(source), binder_of(source)
        self._events, self._dimensions = events, dimensions
        self._first_time, self._ordinal = first_time, ordinal
        self._tables: dict[str, Table] = {}
        self._keys: dict[str, npt.NDArray[np.int64]] = {}

    @property
    def times(self) -> tuple[int, int]:
        """A range of time in which all its events are."""
        time = self._events["time"].to_numpy()
        return int(time.min()), int(time.max())

    @property
    def events(self) -> Table:
        """The events, in order."""
        return self.table(EVENTS)

    def release(self) -> None:
        """Nothing, for all of it is in memory already."""

    def table(self, name: str) -> Table:
        """A dimension, or the events."""
        if name not in self._tables:
            source = Source(self._events.num_rows, self._read_events)
            source = source if name == EVENTS else self._dimensions[name]
            self._tables[name] = Table(source.rows, source.load, self.bind)
        return self._tables[name]

    def answers(self, _name: str) -> Answers:
        """Nothing is known before."""
        return Answers(None)

    def picked(self, name: str, rows: npt.NDArray[np.int64]) -> pa.Array:
        """A stored column of some events, in ascending order."""
        return self.events.stored([name])[0].take(pa.array(rows)).combine_chunks()

    def _key_batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch | pa.Table]:
        yield self._events.select(list(names))

    def _read_events(self, names: Sequence[str]) -> pa.Table:
        table = self._events
        for extra in (PART, "reltime"):
            if extra in names and extra not in table.schema.names:
                table = table.append_column(extra, self._extra(extra))
        return table.select(list(names))

    def _extra(self, name: str) -> pa.Array:
        if name == PART:
            return pa.array(np.full(self._events.num_rows, self._ordinal))
        return pa.array((self._events["time"].to_numpy() - self._first_time).view(np.uint64))
