"""The what-if of metadata that was there in time: every event has the last that is known of its container.

Names, images and pods of a container become known some moments after it starts, and an event keeps what
was known when it was judged. Replaying with the last known metadata shows what the rules would have
said with nothing missing. It is not what was said live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.engine.part import LOCAL, PartData
from falcolab.engine.table import Table
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.syscall_schema import CONTAINERS, SCHEMAS

_COLUMNS = SCHEMAS[CONTAINERS].names[1:]
_TOLD = frozenset({"name", "image"})
"""Keys of a description that come from a runtime; a control group tells the id and type only."""


class FinalMetadata:
    """The last known metadata of every container.

    Args:
        parts: of all of the lake, in order; only those with system calls count.
    """

    def __init__(self, parts: Iterable[PartData]) -> None:
        self._at: dict[str, int] = {}
        self._rows = SCHEMAS[CONTAINERS].empty_table().select(_COLUMNS)
        for part in parts:
            if part.layout.source == SYSCALL:
                self._learn(part)
                part.release()

    def _learn(self, part: PartData) -> None:
        rows = _stored(part.table(CONTAINERS))
        found: dict[str, int] = {}
        ids, texts = rows["container.id"].to_pylist(), rows["container_json"].to_pylist()
        for row in _by_last_use(part):
            if ids[row] is not None and _is_told(texts[row]):
                found[ids[row]] = row
        begin = self._rows.num_rows
        self._at.update({each: begin + place for place, each in enumerate(found)})
        self._rows = pa.concat_tables([self._rows, rows.take(pa.array(found.values(), pa.int64()))])

    def parts(self, parts: Iterable[PartData]) -> Iterator[PartData]:
        """The same parts, with this metadata in those with system calls."""
        for part in parts:
            yield _FinalPart(part, self) if part.layout.source == SYSCALL else part

    def applied(self, table: Table) -> Table:
        """A dimension of containers whose rows have the last known metadata, where any is known."""
        own = _stored(table)
        ids = own["container.id"].to_pylist()
        wanted = [self._at.get(each, self._rows.num_rows + row) for row, each in enumerate(ids)]
        final = pa.concat_tables([self._rows, own]).take(pa.array(wanted, pa.int64()))
        return table.like(final.select)


def _stored(table: Table) -> pa.Table:
    return pa.table(table.stored(_COLUMNS), _COLUMNS)


def _by_last_use(part: PartData) -> npt.NDArray[np.int64]:
    """The rows of the dimension in the order in which events refer to them for the last time."""
    keys = part.events.stored([part.layout.key_of(CONTAINERS)])[0].to_numpy() & LOCAL
    last = np.full(part.table(CONTAINERS).rows, -1, np.int64)
    np.maximum.at(last, keys, np.arange(len(keys)))
    return np.argsort(last, kind="stable")


def _is_told(text: str | None) -> bool:
    if text is None:
        return False
    return any(not _TOLD.isdisjoint(info) for info in json.loads(text).values())


class _FinalPart(PartData):
    """A part with other metadata; what earlier replays have found out does not hold for it."""

    def __init__(self, part: PartData, final: FinalMetadata) -> None:
        super().__init__(part.store, part.capture, part.part, part.period, cached=False)
        self._final = final

    def table(self, name: str) -> Table:
        """A dimension, or the events."""
        if name == CONTAINERS and name not in self._tables:
            self._tables[name] = self._final.applied(super().table(name))
        return super().table(name)
