"""The rows of system events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from falcolab.lake import syscall_schema as schema
from falcolab.lake.columns import Columns
from falcolab.lake.syscall.dimension import Row


class EventRows(Columns):
    """Collects the rows of events; usage, which many have in common, becomes columns once a batch."""

    def __init__(self) -> None:
        super().__init__(schema.EVENT_SCHEMA)
        self._usages: dict[Row, int] = {}

    def add(self, own: Row, keys: Row, usage: Row, *, size: int) -> None:
        """Add an event: its own columns, the keys of its dimensions and the values of ``EVENT_FIELDS``."""
        share = self._usages.setdefault(usage, len(self._usages))
        self.append((*own, *keys, share), size=size)

    def _columns(self, rows: Sequence[Row]) -> Iterable[Any]:
        *columns, shares = zip(*rows, strict=True)
        usages, at = zip(*self._usages, strict=True), pa.array(shares, pa.int32())
        types = self.schema.types[len(columns) :]
        self._usages = {}
        return [
            *columns,
            *[pa.array(values, type_).take(at) for values, type_ in zip(usages, types, strict=True)],
        ]
