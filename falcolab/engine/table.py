"""Columns of one table of one part of a lake, stored or computed, and checks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.engine.binders import Bind
from falcolab.engine.binding import Binding
from falcolab.engine.coded import Coded, coded, plain
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.sql import Parameters, is_expressible, test_sql
from falcolab.fields.field import Reading
from falcolab.lake.types import column_type
from falcolab.lang.typed import FieldValue, Test, field_values

Bools = npt.NDArray[np.bool_]
SMALL = 30_000
"""Up to so many answers, asking each distinct value is faster than a statement in SQL."""

Load = Callable[[Sequence[str]], pa.Table]


class Table:
    """The rows of a table.

    Args:
        rows: how many there are.
        load: reads columns by name.
        bind: says which columns hold a field.
    """

    def __init__(self, rows: int, load: Load, bind: Bind) -> None:
        self.rows = rows
        self._load, self._bind = load, bind
        self._stored: dict[str, pa.ChunkedArray] = {}
        self._computed: dict[FieldValue, pa.ChunkedArray] = {}
        self._coded: dict[str, Coded] = {}

    def like(self, load: Load) -> Table:
        """A table of as many rows whose columns are loaded otherwise."""
        return Table(self.rows, load, self._bind)

    def stored(self, names: Iterable[str]) -> list[pa.ChunkedArray]:
        """Columns as they lie in the file."""
        names = list(names)
        missing = [name for name in dict.fromkeys(names) if name not in self._stored]
        if missing:
            loaded = self._load(missing)
            self._stored.update({name: loaded[name] for name in missing})
        return [self._stored[name] for name in names]

    def coded(self, name: str) -> Coded:
        """A column as it lies in the file, by its distinct values."""
        if name not in self._coded:
            self._coded[name] = coded(self.stored([name])[0])
        return self._coded[name]

    def column(self, value: FieldValue) -> pa.ChunkedArray:
        """The values of a field that is bound to this table."""
        if value not in self._computed:
            self._computed[value] = self._bound(self._bind(value), value)
        return self._computed[value]

    def _bound(self, binding: Binding, value: FieldValue) -> pa.ChunkedArray:
        columns = self.stored(binding.columns)
        compute = binding.compute
        if compute is None:
            return columns[0]
        computed = per_distinct(columns, lambda row: compute(*row)) if columns else [compute()] * self.rows
        return pa.chunked_array([pa.array(computed, arrow_type(value))])

    def take(self, rows: npt.NDArray[np.int64]) -> Table:
        """Some of the rows, as a table of their own."""
        picked = pa.array(rows)

        def load(names: Sequence[str]) -> pa.Table:
            columns = [column.take(picked) for column in self.stored(names)]
            return pa.table(dict(zip(names, columns, strict=True)))

        return Table(len(rows), load, self._bind)

    def judge(self, tests: Sequence[Test]) -> list[Bools]:
        """The truth of checks, row by row."""
        in_sql = [test for test in tests if is_expressible(test)]
        if self.rows * len(in_sql) <= SMALL:
            return [self._judge_per_value(test) for test in tests]
        found = self._judge_in_sql(in_sql)
        return [found[test] if test in found else self._judge_per_value(test) for test in tests]

    def _judge_in_sql(self, tests: Sequence[Test]) -> dict[Test, Bools]:
        values = list(dict.fromkeys(value for test in tests for value in field_values(test)))
        names = {value: f"c{index}" for index, value in enumerate(values)}
        data = pa.table({names[value]: self.column(value) for value in values})
        parameters = Parameters()
        checks = [
            f"{test_sql(test, names[next(field_values(test))], parameters)} AS t{index}"
            for index, test in enumerate(tests)
        ]
        with duckdb.connect() as connection:
            connection.register("data", data)
            statement = f"SELECT {', '.join(checks)} FROM data"  # noqa: S608  # names and templates are ours
            result = connection.execute(statement, parameters.values).fetchnumpy()
        return {test: np.asarray(result[f"t{index}"], np.bool_) for index, test in enumerate(tests)}

    def _judge_per_value(self, test: Test) -> Bools:
        slots = slots_of(test)
        judge = compile_test(test, slots)
        columns = [self.column(value) for value in slots]
        if not columns:
            return np.full(self.rows, judge(()), np.bool_)
        return np.array(per_distinct(columns, judge), np.bool_)


def arrow_type(value: FieldValue) -> pa.DataType:
    """The Arrow type of a field's values, of which there may be several for an event."""
    single = column_type(value.type)
    return pa.list_(single) if value.field.is_list or value.reading is not Reading.VALUE else single


def per_distinct(columns: Sequence[pa.ChunkedArray], function: Callable[[Any], Any]) -> list[Any]:
    """A function of rows, called once per distinct row; lists are given as tuples."""
    known: dict[Any, Any] = {}
    out = []
    for row in zip(*(plain(column) for column in columns), strict=True):
        if row not in known:
            known[row] = function(row)
        out.append(known[row])
    return out
