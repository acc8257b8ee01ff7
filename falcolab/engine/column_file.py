"""A Parquet file of the lake, read by columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.errors import InputError
from falcolab.lake.layout import PART

EventKey = tuple[int, int]
"""The part in which an event was written first and its number there: the order of events."""

BATCH = 131_072
"""Rows that are read at a time; the lake's row groups have as many."""


class ColumnFile:
    """Reads columns of one file, whose footer is read once.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._metadata: pq.FileMetaData | None = None

    def read(self, names: Sequence[str]) -> pa.Table:
        """Some columns.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            with pq.ParquetFile(self.path, metadata=self._metadata) as file:
                self._metadata = file.metadata
                return file.read(columns=list(names)).select(list(names))
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some columns, as many rows at a time as fit well into a processor's cache.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            with pq.ParquetFile(self.path, metadata=self._metadata) as file:
                self._metadata = file.metadata
                for batch in file.iter_batches(BATCH, columns=list(names), use_threads=False):
                    yield batch.select(list(names))
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None

    def picked(self, name: str, rows: npt.NDArray[np.int64]) -> list[pa.Array]:
        """A column of some rows, in ascending order, in pieces; only row groups with such rows are read.

        Raises:
            InputError: the file is missing or damaged.
        """
        pieces, start = [], 0
        try:
            with pq.ParquetFile(
                self.path, metadata=self._metadata, read_dictionary=self._repeating(name)
            ) as file:
                self._metadata = file.metadata
                for group in range(file.num_row_groups):
                    end = start + file.metadata.row_group(group).num_rows
                    first, last = np.searchsorted(rows, (start, end))
                    if first < last:
                        column = file.read_row_group(group, columns=[name], use_threads=False).column(0)
                        pieces.append(_plain(column.take(pa.array(rows[first:last] - start))))
                    start = end
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None
        return pieces

    def _repeating(self, name: str) -> list[str]:
        """The column, if its values lie in the file as codes, which are read much faster than values."""
        if self._metadata is None:
            self._metadata = pq.read_metadata(self.path)
        group = self._metadata.row_group(0)
        columns = (group.column(index) for index in range(group.num_columns))
        mine = (column for column in columns if column.path_in_schema == name)
        return [name] if any("RLE_DICTIONARY" in column.encodings for column in mine) else []

    @cached_property
    def ends(self) -> tuple[EventKey, EventKey]:
        """Part and number of the first and the last event of a file of events, which is in their order.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            with pq.ParquetFile(self.path) as file:
                self._metadata = file.metadata
                first = file.read_row_group(0, columns=[PART, "num"])
                last = file.read_row_group(file.num_row_groups - 1, columns=[PART, "num"])
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None
        return _key(first, 0), _key(last, -1)

    def _damaged(self, error: Exception) -> InputError:
        if isinstance(error, FileNotFoundError):
            return InputError(
                f"{self.path}: is gone. If the lake was compacted or pruned just now, ask again; "
                "`falcolab lake verify` tells whether something is missing"
            )
        return InputError(f"{self.path}: cannot be read: {error}; `falcolab lake verify` tells more")


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, of its values themselves."""
    array = column.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _key(events: pa.Table, row: int) -> EventKey:
    return events[PART][row].as_py(), events["num"][row].as_py()
