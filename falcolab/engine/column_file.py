"""A Parquet file of the lake, read by columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.errors import InputError


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
    def numbers(self) -> tuple[int, int]:
        """The least and the greatest ``num`` of a file of events, which its footer tells.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            self._metadata = metadata = pq.read_metadata(self.path)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None
        column = metadata.schema.names.index("num")
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        statistics = [group.column(column).statistics for group in groups]
        return min(each.min for each in statistics), max(each.max for each in statistics)

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: cannot be read: {error}; `falcolab lake verify` tells more")
