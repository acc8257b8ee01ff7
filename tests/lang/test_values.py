"""Right-hand values: what a text means for the type of a field."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest

from falcolab.fields.types import Type
from falcolab.lang.errors import CompileError
from falcolab.lang.values import MAX_BYTES, parse, parse_all
from tests.tables import table

HERE = Path(__file__).parent
NAMES = {"IPv4Network": IPv4Network, "IPv6Network": IPv6Network, "bytes": bytes}


@pytest.mark.parametrize(("case", "expected"), table(HERE / "values.txt", "  =>  "))
def test_a_text_means_what_it_means_to_falco(case: str, expected: str) -> None:
    type_name, _, text = case.partition(" ")
    text = "" if text == '""' else text
    if expected == "refused":
        with pytest.raises(CompileError):
            parse(text, Type(type_name))
        return
    value = eval(expected, {"__builtins__": {}, **NAMES, "True": True, "False": False})
    assert parse(text, Type(type_name)) == value
    assert type(parse(text, Type(type_name))) is type(value)


@pytest.mark.parametrize("type_", [Type.CHARBUF, Type.FSPATH, Type.BYTEBUF])
def test_a_text_has_at_most_255_bytes(type_: Type) -> None:
    parse("a" * MAX_BYTES, type_)
    parse("é" * (MAX_BYTES // 2), type_)
    for text in ("a" * (MAX_BYTES + 1), "é" * (MAX_BYTES // 2 + 1)):
        with pytest.raises(CompileError, match="too long"):
            parse(text, type_)
        with pytest.raises(CompileError, match="too long"):
            parse_all(("a", text), type_)


def test_many_values_are_read_as_one_by_one() -> None:
    assert parse_all(("1", "+2"), Type.INT64) == (1, 2)
    assert parse_all(("a", "é" * 100), Type.CHARBUF) == ("a", "é" * 100)


def test_a_number_may_be_long_but_not_a_burden() -> None:
    with pytest.raises(CompileError):
        parse("1" * 5_000 + "x", Type.INT64)
    assert parse("1" * 5_000, Type.UINT64) == 2**64 - 1
    with pytest.raises(CompileError):
        parse("1" * 5_000, Type.PORT)
