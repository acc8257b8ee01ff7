"""What earlier replays have found out, kept in the lake's cache.

An answer is the truth of a condition, one bit per row: of all rows of a dimension, or of those
events that were asked about. It is found by a digest of the condition, in a file that is named
after a digest of the data.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint8]
"""Eight rows a byte, the first in the highest bit."""

_MAX_ANSWERS = 4_096
"""A file with more is cleared of those that were not asked for."""

_MAX_ROWS = 2**17
"""Answers about more events are not kept."""

_SCHEMA = pa.schema([("key", pa.binary(16)), ("rows", pa.binary()), ("truth", pa.binary())])


class Answers:
    """The answers about one file of a lake.

    Args:
        path: where they are kept; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._new: dict[bytes, tuple[bytes, bytes]] = {}
        self._used: set[bytes] = set()

    @cached_property
    def _known(self) -> dict[bytes, tuple[bytes, bytes]]:
        if self._path is None:
            return {}
        try:
            with pa.OSFile(str(self._path)) as source:
                table = pa.ipc.open_file(source).read_all()
            if table.schema != _SCHEMA:
                return {}
            keys, rows, truths = (column.to_pylist() for column in table.columns)
        except (OSError, pa.ArrowException):
            return {}
        return dict(zip(keys, zip(rows, truths, strict=True), strict=True))

    def of_all(self, key: bytes, rows: int) -> Packed | None:
        """The truth of a condition for all of so many rows, if it is known."""
        asked, truth = self._get(key)
        return np.frombuffer(truth, np.uint8) if not asked and len(truth) == (rows + 7) // 8 else None

    def put_all(self, key: bytes, truth: Packed) -> None:
        """Remember the truth of a condition for all rows."""
        self._new[key] = b"", truth.tobytes()

    def of_some(self, key: bytes | None, rows: Indices, judge: Callable[[Indices], Bools]) -> Bools:
        """The truth of a condition for some rows, in ascending order.

        Args:
            key: of the condition; None if its truth is not for good.
            rows: the rows.
            judge: decides those of which it is not known, given their positions among ``rows``.
        """
        if self._path is None or key is None or len(rows) > _MAX_ROWS:
            return judge(np.arange(len(rows)))
        before, known = self._asked(key)
        at = np.searchsorted(before, rows)
        is_known = np.append(before, -1)[at] == rows
        truth = np.append(known, False)[at]
        if not is_known.all():
            missing = np.flatnonzero(~is_known)
            truth[missing] = judge(missing)
            self._put_some(
                key, np.concatenate((before, rows[missing])), np.concatenate((known, truth[missing]))
            )
        return truth

    def _asked(self, key: bytes) -> tuple[Indices, Bools]:
        asked, truth = self._get(key)
        rows = (
            np.frombuffer(asked, np.uint32).astype(np.int64) if len(asked) % 4 == 0 else np.empty(0, np.int64)
        )
        packed = np.frombuffer(truth, np.uint8)
        if len(packed) != (len(rows) + 7) // 8:
            return np.empty(0, np.int64), np.empty(0, np.bool_)
        return rows, np.unpackbits(packed, count=len(rows)).view(np.bool_)

    def _put_some(self, key: bytes, rows: Indices, truth: Bools) -> None:
        if len(rows) <= _MAX_ROWS:
            order = np.argsort(rows)
            self._new[key] = rows[order].astype(np.uint32).tobytes(), np.packbits(truth[order]).tobytes()

    def _get(self, key: bytes) -> tuple[bytes, bytes]:
        self._used.add(key)
        return self._new.get(key) or self._known.get(key) or (b"", b"")

    def save(self) -> None:
        """Keep what is new; a lake that cannot be written to goes without."""
        if self._path is None or not self._new:
            return
        kept = self._known | self._new
        if len(kept) > _MAX_ANSWERS:
            kept = {key: kept[key] for key in self._used | self._new.keys() if key in kept}
        rows = [(key, *answer) for key, answer in kept.items()]
        columns = [
            pa.array(column, type_)
            for column, type_ in zip(zip(*rows, strict=True), _SCHEMA.types, strict=True)
        ]
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
                writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))
            temporary.rename(self._path)
        except OSError:
            return
