"""What a check means for the values of an event."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from falcolab.engine import sql
from falcolab.engine.conditions import compile_text
from falcolab.engine.event import compile_condition, slots_of
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL
from falcolab.fields.types import Kind
from falcolab.lang import typed
from falcolab.lang.ast import leaves
from falcolab.lang.errors import LanguageError
from falcolab.lang.operators import LIST_OPERATORS, NUMERIC_OPERATORS, OPERATORS, STRING_OPERATORS
from tests.tables import table

HERE = Path(__file__).parent
COLUMN_TYPES = {Kind.STRING: "VARCHAR", Kind.NUMBER: "HUGEINT", Kind.BOOL: "BOOLEAN"}


def source_of(condition: str) -> str:
    return K8S_AUDIT if "ka." in condition else SYSCALL


def values_of(text: str) -> dict[str, Any]:
    """``proc.name="a", proc.pid=5`` as values by name."""
    values: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    while text := text.lstrip(", -"):
        name, _, text = text.partition("=")
        if text.startswith(("hex:", "ip:")):
            kind, _, rest = text.partition(":")
            word, _, text = rest.partition(",")
            address = kind == "ip"
            values[name] = ipaddress.ip_address(word.strip()).packed if address else bytes.fromhex(word)
        else:
            value, end = decoder.raw_decode(text)
            values[name] = tuple(value) if isinstance(value, list) else value
            text = text[end:]
    return values


def judge(condition: str, values: dict[str, Any]) -> bool:
    typed = compile_text(condition, source_of(condition))
    slots = slots_of(typed)
    assert set(values) <= {field.name for field in slots}
    return compile_condition(typed, slots)([values.get(field.name) for field in slots])


@pytest.mark.parametrize(("condition", "values", "expected"), table(HERE / "operators.txt", "  |  "))
def test_a_check_holds_as_in_falco(condition: str, values: str, expected: str) -> None:
    if expected == "refused":
        with pytest.raises(LanguageError):
            compile_text(condition, source_of(condition))
        return
    assert judge(condition, values_of(values)) is (expected == "true")


@pytest.mark.parametrize(("condition", "values", "expected"), table(HERE / "operators.txt", "  |  "))
def test_sql_says_the_same_where_it_can(condition: str, values: str, expected: str) -> None:
    if expected == "refused":
        return
    given = values_of(values)
    for check in leaves(compile_text(condition, source_of(condition))):
        if sql.is_expressible(check) and check.left.shape.type.kind in COLUMN_TYPES:
            slots = slots_of(check)
            of_event = compile_condition(check, slots)([given.get(field.name) for field in slots])
            assert in_sql(check, given.get(check.left.name)) is of_event


def in_sql(check: typed.Test, value: Any) -> bool:
    parameters = sql.Parameters()
    value = list(value) if isinstance(value, tuple) else value
    kind = COLUMN_TYPES[check.left.shape.type.kind] + ("[]" if check.left.shape.is_list else "")
    column = f"{parameters.add(value)}::{kind}"
    text = sql.test_sql(check, column, parameters)
    row = duckdb.execute(f"SELECT {text} FROM (SELECT {column})", parameters.values).fetchone()
    return row is not None and row[0]


def test_every_operator_is_of_one_kind_and_in_the_table() -> None:
    kinds = (*NUMERIC_OPERATORS, *STRING_OPERATORS, *LIST_OPERATORS)
    assert sorted(kinds) == sorted(OPERATORS)
    tried = (HERE / "operators.txt").read_text()
    assert [name for name in OPERATORS if f" {name} " not in tried] == []
