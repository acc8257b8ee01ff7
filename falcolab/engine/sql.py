"""Checks as SQL, for DuckDB; the meaning comes from the operator table.

Constants never become SQL text: they are bound as parameters. Names of columns are
ours, and quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from falcolab.fields.field import Reading
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.operators import Takes
from falcolab.lang.strings import is_plain
from falcolab.lang.typed import FieldValue, Test, TypedCondition


def quoted(name: str) -> str:
    """A column or table name as SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True)
class Parameters:
    """The constants of a statement, bound by position."""

    values: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> str:
        """The placeholder of one more constant."""
        self.values.append(value)
        return f"${len(self.values)}"


def is_expressible(test: Test) -> bool:
    """Whether a check means the same in SQL; the others are judged once per distinct value."""
    if not isinstance(test.left, FieldValue):
        return False
    operator = test.operator
    if operator is None:
        return True
    if test.left.reading is not Reading.VALUE:
        return False
    if not isinstance(test.right, tuple) or not all(_is_plain(item) for item in test.right):
        return False
    return test.left.shape.is_list or test.left.shape.type.kind in operator.sql


def _is_plain(item: Any) -> bool:
    return not isinstance(item, str) or is_plain(item)


def test_sql(test: Test, column: str, parameters: Parameters) -> str:
    """A check on a column as SQL that is true or false, never null."""
    operator = test.operator
    if operator is None:
        return f"({column} IS NOT NULL)"
    assert isinstance(test.right, tuple)  # noqa: S101  # is_expressible() has seen to it
    if test.left.shape.is_list:
        function = "list_has_all" if operator.name == "in" else "list_has_any"
        bound = parameters.add([*test.right])
        args = (f"{bound}::VARCHAR[]", column)
        return f"coalesce({function}({', '.join(args)}), false)"
    template = operator.sql[test.left.shape.type.kind]
    if test.modifier is not None:
        return _modified(test, template, column, parameters)
    if operator.takes is Takes.LIST:
        if not test.right:
            return "false"
        right = "(" + ", ".join(parameters.add(item) for item in test.right) + ")"
    else:
        right = parameters.add(test.right[0])
    return f"coalesce({template.format(left=column, right=right)}, false)"


def _modified(test: Test, template: str, column: str, parameters: Parameters) -> str:
    assert isinstance(test.right, tuple)  # noqa: S101
    if not test.right:
        return "false"
    checks = [template.format(left=column, right=parameters.add(item)) for item in test.right]
    match test.modifier:
        case "anyof":
            joined = " OR ".join(f"({check})" for check in checks)
        case "allof":
            joined = " AND ".join(f"({check})" for check in checks)
        case _:
            joined = " + ".join(f"({check})::INT" for check in checks) + " = 1"
    return f"coalesce({joined}, false)"


def condition_sql(node: TypedCondition, test: Callable[[Test], str]) -> str:
    """A condition as SQL, given the SQL of its checks."""
    match node:
        case Not(child=child):
            return f"(NOT {condition_sql(child, test)})"
        case And(children=children):
            return "(" + " AND ".join(condition_sql(child, test) for child in children) + ")"
        case Or(children=children):
            return "(" + " OR ".join(condition_sql(child, test) for child in children) + ")"
        case _:
            return test(node)
