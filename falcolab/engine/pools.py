"""Checks are decided once per distinct value, whatever part of the lake it comes from.

The rows of a dimension are many, the values of one of its columns few, and in the next part of
the lake they are mostly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from falcolab.engine.binders import Bind
from falcolab.engine.coded import plain
from falcolab.engine.table import Bools, Table
from falcolab.lang.typed import Test, field_values

_MAX_VALUES = 100_000
"""How many values of one column are remembered; then remembering begins anew."""


class _Pool:
    """The distinct values of one column so far, and what checks say of them."""

    def __init__(self, column: str, bind: Bind) -> None:
        self._column, self._bind = column, bind
        self._values: pa.Array | None = None
        self._lists: dict[Any, int] = {}
        self._truths: dict[int, Bools] = {}

    def place(self, values: pa.Array) -> npt.NDArray[np.int64]:
        """For some distinct values their positions among all, where they are put if they are new."""
        if self._values is not None and len(self._values) > _MAX_VALUES:
            self._values, self._lists, self._truths = None, {}, {}
        if pa.types.is_list(values.type):
            return self._place_lists(values)
        if self._values is None:
            self._values = values
            return np.arange(len(values))
        found = pc.index_in(values, self._values)
        is_new = found.is_null().to_numpy(zero_copy_only=False)
        places: npt.NDArray[np.int64] = found.fill_null(0).to_numpy().astype(np.int64)
        if is_new.any():
            places[is_new] = len(self._values) + np.arange(np.count_nonzero(is_new))
            self._values = pa.concat_arrays([self._values, values.filter(pa.array(is_new))])
        return places

    def _place_lists(self, values: pa.Array) -> npt.NDArray[np.int64]:
        before = len(self._lists)
        places = np.array(
            [self._lists.setdefault(value, len(self._lists)) for value in plain(values)], np.int64
        )
        if self._values is None:
            self._values = values
        elif len(self._lists) > before:
            self._values = pa.concat_arrays([self._values, values.filter(pa.array(places >= before))])
        return places

    def judge(self, tests: Sequence[Test]) -> list[Bools]:
        """The truth of checks on all values."""
        values = self._values
        assert values is not None  # noqa: S101  # place() comes first
        by_known: dict[int, list[Test]] = {}
        for test in tests:
            known = len(self._truths.get(id(test), ()))
            if known < len(values):
                by_known.setdefault(known, []).append(test)
        for known, missing in by_known.items():
            new = pa.table({self._column: values.slice(known)})
            verdicts = Table(new.num_rows, new.select, self._bind).judge(missing)
            for test, truth in zip(missing, verdicts, strict=True):
                before = self._truths.get(id(test))
                self._truths[id(test)] = truth if before is None else np.concatenate((before, truth))
        return [self._truths[id(test)] for test in tests]


class Pools:
    """The values of the columns of one event source, for the checks of one plan.

    Args:
        bind: says which columns hold a field.
    """

    def __init__(self, bind: Bind) -> None:
        self._bind = bind
        self._pools: dict[str, _Pool] = {}
        self._columns: dict[int, str | None] = {}

    def judge(self, table: Table, tests: Iterable[Test]) -> dict[int, Bools]:
        """The truth of checks, row by row, by the identity of the check."""
        by_column: dict[str, list[Test]] = {}
        others = []
        for test in tests:
            column = self._column_of(test)
            if column is None:
                others.append(test)
            else:
                by_column.setdefault(column, []).append(test)
        table.stored(by_column)
        found = dict(zip(map(id, others), table.judge(others), strict=True))
        for column, mine in by_column.items():
            pool = self._pools.setdefault(column, _Pool(column, self._bind))
            values = table.coded(column)
            rows = pool.place(values.values)[values.codes]
            for test, truth in zip(mine, pool.judge(mine), strict=True):
                found[id(test)] = truth.take(rows)
        return found

    def _column_of(self, test: Test) -> str | None:
        """The one column that a check depends on; None if it is not one."""
        if id(test) not in self._columns:
            columns = {name for value in field_values(test) for name in self._bind(value).columns}
            self._columns[id(test)] = columns.pop() if len(columns) == 1 else None
        return self._columns[id(test)]
