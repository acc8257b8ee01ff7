"""The plain evaluator: every condition as a column of one SQL statement over the wide table.

Slow and simple; the other evaluators are tested and timed against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.part import PartData
from falcolab.engine.sql import Parameters, condition_sql, is_expressible, test_sql
from falcolab.engine.table import per_distinct
from falcolab.lang.ast import leaves
from falcolab.lang.typed import FieldValue, Test, TypedCondition, field_values

Truths = dict[int, npt.NDArray[np.bool_]]


class WideTable:
    """All events of a part with the values that some conditions need, one column each.

    Checks that SQL cannot express are columns, too.
    """

    def __init__(self, part: PartData, conditions: Sequence[TypedCondition]) -> None:
        self.conditions = conditions
        rows = np.arange(part.events.rows, dtype=np.int64)
        tests = dict.fromkeys(leaf for node in conditions for leaf in leaves(node) if isinstance(leaf, Test))
        self.columns: dict[FieldValue | Test, str] = {}
        data: dict[str, object] = {"row": pa.array(rows)}
        for value in dict.fromkeys(value for test in tests for value in field_values(test)):
            self.columns[value] = f"c{len(self.columns)}"
            data[self.columns[value]] = part.values(value, rows)
        for test in tests:
            if not is_expressible(test):
                self.columns[test] = f"c{len(self.columns)}"
                data[self.columns[test]] = _judged(part, test, rows)
        self.table = pa.table(data)

    def statement(self) -> tuple[str, list[object]]:
        """The one SQL statement, with its parameters."""
        parameters = Parameters()
        checks = [
            f"{condition_sql(node, lambda test: self._test(test, parameters))} AS t{index}"
            for index, node in enumerate(self.conditions)
        ]
        return f"SELECT {', '.join(checks)} FROM wide", parameters.values  # noqa: S608  # names are ours

    def _test(self, test: Test, parameters: Parameters) -> str:
        if test in self.columns:
            return self.columns[test]
        return test_sql(test, self.columns[next(field_values(test))], parameters)

    def judge(self) -> Truths:
        """The truth of every condition, event by event."""
        statement, parameters = self.statement()
        with duckdb.connect() as connection:
            connection.register("wide", self.table)
            result = connection.execute(statement, parameters).fetchnumpy()
        return {index: np.asarray(result[f"t{index}"], np.bool_) for index in range(len(self.conditions))}


def _judged(part: PartData, test: Test, rows: npt.NDArray[np.int64]) -> pa.Array:
    slots = slots_of(test)
    judge = compile_test(test, slots)
    columns = [part.values(value, rows) for value in slots]
    if not columns:
        return pa.array([judge(())] * len(rows), pa.bool_())
    return pa.array(per_distinct(columns, judge), pa.bool_())
