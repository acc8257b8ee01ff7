"""Rows on their way to Arrow columns, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from falcolab.errors import InputError
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
        self._given = 0

    def append(self, row: tuple[Any, ...], *, size: int = 0) -> None:
        """Add a row, values in the order of the schema, that holds about ``size`` bytes of text."""
        self._pending.append(row)
        self.rows += 1
        self.size += size
        if len(self._pending) == _BATCH or self.size - self._flushed > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        columns = self._columns(self._pending)
        arrays = [_array(column, field) for column, field in zip(columns, self.schema, strict=True)]
        self._batches.append(pa.record_batch(arrays, schema=self.schema))
        self._pending.clear()
        self._flushed = self.size

    def _columns(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[Any]]:
        """Rows as columns."""
        return zip(*rows, strict=True)

    def fresh(self) -> pa.Table:
        """The rows that were added since this was asked last."""
        if self._pending:
            self._flush()
        batches, self._given = self._batches[self._given :], len(self._batches)
        return pa.Table.from_batches(batches, self.schema)

    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        if self._pending:
            self._flush()
        return pa.Table.from_batches(self._batches, self.schema)


def _array(column: Any, field: pa.Field) -> pa.Array:
    """The values of a column.

    Raises:
        InputError: one does not fit, which no machine records: the capture is damaged or made up.
    """
    try:
        return pa.array(column, field.type)
    except (OverflowError, pa.ArrowInvalid) as error:
        raise InputError(f"{field.name}: a value that no machine can have: {error}") from None


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
        self.rows = self.size = self._flushed = 0
        self._base, self._next = base, first
        self._keys = array("q")
        self._pending: list[tuple[int, int | None, str | None, str, int]] = []
        self._batches: list[pa.RecordBatch] = []

    def share(self, keys: Sequence[int]) -> int:
        """A number that stands for these keys in ``append``."""
        self._keys.extend(keys)
        return len(self._keys) // len(KEYS) - 1

    def append(self, row: tuple[int, int | None, str | None, str, int]) -> None:
        """Add the next event: time, received, audit id, ``json_rest``, and the number of its keys."""
        self._pending.append(row)
        self.rows += 1
        self.size += len(row[3])
        if len(self._pending) == _BATCH or self.size - self._flushed > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        *own, shares = zip(*self._pending, strict=True)
        num = np.arange(self._next, self._next + len(shares))
        keys = np.frombuffer(self._keys, np.int64).reshape(-1, len(KEYS))[np.array(shares)]
        columns = [self._base | num, num, *own, *keys.T]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, EVENT_SCHEMA, strict=True)]
        self._batches.append(pa.record_batch(arrays, schema=EVENT_SCHEMA))
        self._next += len(shares)
        self._pending.clear()
        self._flushed = self.size

    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        if self._pending:
            self._flush()
        return pa.Table.from_batches(self._batches, EVENT_SCHEMA)
