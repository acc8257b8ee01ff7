"""Columns as codes: which of their distinct values each row has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column by its distinct values, of which null is one.

    Attributes:
        codes: for every row, the position of its value.
        values: the distinct values.
    """

    codes: Codes
    values: pa.Array


def coded(column: pa.ChunkedArray) -> Coded:
    """A column by its distinct values."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_list(array.type):
        return _coded_lists(array)
    encoded = array.dictionary_encode(null_encoding="encode")
    return Coded(encoded.indices.to_numpy().astype(np.int64), encoded.dictionary)


def _coded_lists(array: pa.ListArray) -> Coded:
    """Lists are equal whose items have equal codes."""
    items = array.values.dictionary_encode(null_encoding="encode").indices.to_numpy()
    content, width = items.tobytes(), items.itemsize
    ends = (array.offsets.to_numpy().astype(np.int64) * width).tolist()
    valid = array.is_valid().to_pylist()
    known: dict[bytes | None, int] = {}
    firsts: list[int] = []
    codes = []
    for row, is_valid in enumerate(valid):
        key = content[ends[row] : ends[row + 1]] if is_valid else None
        code = known.get(key)
        if code is None:
            code = known[key] = len(firsts)
            firsts.append(row)
        codes.append(code)
    return Coded(np.array(codes, np.int64), array.take(pa.array(firsts, pa.int64())))


def plain(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of a column, lists as tuples."""
    values: list[Any] = column.to_pylist()
    if pa.types.is_list(column.type):
        return [None if value is None else tuple(value) for value in values]
    return values
