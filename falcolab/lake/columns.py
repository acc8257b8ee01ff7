"""Rows on their way to Arrow columns, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from falcolab.lake.schema import EVENT_SCHEMA, KEYS

_BATCH = 16_384
_BATCH_BYTES = 32 * 2**20


class Columns:
    """Collects rows and turns them into Arrow a batch at a time, for Python's lists are large.

    Args:
        schema: of the rows.

    Attributes:
        rows: how many there are.
        size: about how many bytes of text they hold.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = self.size = self._flushed = 0
        self._pending: list[tuple[Any, ...]] = []
        self._batches: list[pa.RecordBatch] = []

    def append(self, row: tuple[Any, ...], *, size: int = 0) -> None:
        """Add a row, values in the order of the schema, that holds about ``size`` bytes of text."""
        self._pending.append(row)
        self.rows += 1
        self.size += size
        if len(self._pending) == _BATCH or self.size - self._flushed > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._pending, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
        self._batches.append(pa.record_batch(arrays, schema=self.schema))
        self._pending.clear()
        self._flushed = self.size

    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        if self._pending:
            self._flush()
        return pa.Table.from_batches(self._batches, self.schema)


_MISSING = -(2**63)


class EventColumns:
    """Collects the rows of events; the keys that many have in common are kept once.

    Args:
        base: what is added to the number of an event to get its id.
        first: the number of the first event.

    Attributes:
        rows: how many there are.
        size: about how many bytes of text they hold.
    """

    def __init__(self, base: int, first: int) -> None:
        self.size = self._flushed = 0
        self.rows = 0
        self._base, self._next = base, first
        self._batches: list[pa.RecordBatch] = []
        self._keys = array("q")
        self._clear()

    def _clear(self) -> None:
        self._times, self._received, self._shares = array("q"), array("q"), array("q")
        self._ids: list[str | None] = []
        self._rests: list[str] = []

    def share(self, keys: Sequence[int]) -> int:
        """A number that stands for these keys in ``append``."""
        self._keys.extend(keys)
        return len(self._keys) // len(KEYS) - 1

    def append(self, time: int, received: int | None, audit_id: str | None, rest: str, share: int) -> None:
        """Add the row of the next event."""
        self._times.append(time)
        self._received.append(_MISSING if received is None else received)
        self._ids.append(audit_id)
        self._rests.append(rest)
        self._shares.append(share)
        self.rows += 1
        self.size += len(rest)
        if len(self._ids) == _BATCH or self.size - self._flushed > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        count = len(self._ids)
        num = np.arange(self._next, self._next + count)
        received = np.frombuffer(self._received, np.int64)
        keys = np.frombuffer(self._keys, np.int64).reshape(-1, len(KEYS))[
            np.frombuffer(self._shares, np.int64)
        ]
        arrays = [
            *(pa.array(self._base | num), pa.array(num), pa.array(np.frombuffer(self._times, np.int64))),
            pa.array(received, mask=received == _MISSING),
            *(pa.array(self._ids, pa.string()), pa.array(self._rests, pa.string())),
            *(pa.array(keys[:, column]) for column in range(len(KEYS))),
        ]
        self._batches.append(pa.record_batch(arrays, schema=EVENT_SCHEMA))
        self._next += count
        self._flushed = self.size
        self._clear()

    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        if self._ids:
            self._flush()
        return pa.Table.from_batches(self._batches, EVENT_SCHEMA)
