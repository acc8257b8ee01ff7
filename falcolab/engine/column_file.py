"""A Parquet file of the lake, read by columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.errors import InputError
from falcolab.lake.layout import PART

EventKey = tuple[int, int]
"""The part in which an event was written first and its number there: the order of events."""


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


def _key(events: pa.Table, row: int) -> EventKey:
    return events[PART][row].as_py(), events["num"][row].as_py()
