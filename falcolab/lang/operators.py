"""The operators of the condition language: one table for every evaluator.

An entry says which kinds of values an operator compares, what it means for one value
(``test``), and its SQL where SQL has the same meaning (``sql``). Where it has none, the
columnar evaluators call ``test`` once per distinct value. To add an operator, add an
entry; ``docs/extend.md`` shows one.

Source of the meaning: ``userspace/libsinsp/filter_compare.cpp`` and
``sinsp_filtercheck.cpp`` of falcosecurity/libs. Values are what
:func:`falcolab.lang.values.parse` returns; strings are texts that stand for bytes
(:mod:`falcolab.lang.strings`).
"""

from __future__ import annotations

import operator as py
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from falcolab.fields.types import Kind
from falcolab.lang import matching
from falcolab.lang.strings import is_plain, to_bytes

Test = Callable[[Any, Any], bool]


class Takes(Enum):
    """What stands on the right of an operator."""

    NUMBER = "a number"
    STRING = "a string"
    LIST = "a list"


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One operator.

    Attributes:
        name: as written in conditions.
        takes: what the grammar accepts on its right.
        kinds: the kinds of values that it compares, each with the meaning for one value:
            ``test(left, right)``; for list operators ``right`` is what ``prepare`` made of the list.
        sql: per kind the SQL expression over ``{left}`` and the bound value ``{right}``, for the kinds where
            it means the same.
        prepare: makes of the right-hand values, once, what ``test`` wants.
        rhs_field: whether a field may stand on its right.
        on_lists: whether it applies to list-valued fields.
    """

    name: str
    takes: Takes
    kinds: dict[Kind, Test]
    sql: dict[Kind, str] = field(default_factory=dict)
    prepare: Callable[[Any], Any] = lambda value: value
    rhs_field: bool = True
    on_lists: bool = False


MODIFIERS = ("oneof", "anyof", "allof")
"""Words between a string operator and a list; exactly one, at least one, every element matches."""


def _bytewise(test: Test) -> Test:
    """Compare texts as the bytes they stand for, where that makes a difference."""

    def compare(left: str, right: str) -> bool:
        if is_plain(left) and is_plain(right):
            return test(left, right)
        return test(to_bytes(left), to_bytes(right))

    return compare


def _same(test: Test, *kinds: Kind) -> dict[Kind, Test]:
    return dict.fromkeys(kinds, test)


_SCALARS = (Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.BUFFER)
_LOWER = "translate({left}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"


def _comparable(sql: str) -> dict[Kind, str]:
    return dict.fromkeys((Kind.STRING, Kind.NUMBER, Kind.BOOL), sql)


def _ordering(name: str, test: Test) -> Operator:
    return Operator(
        name,
        Takes.NUMBER,
        {Kind.NUMBER: test, Kind.STRING: _bytewise(test)},
        {Kind.NUMBER: "{left} " + name + " {right}"},
    )


def _equality(name: str) -> Operator:
    return Operator(
        name,
        Takes.STRING,
        {**_same(py.eq, *_SCALARS), Kind.ADDRESS: matching.same_address},
        _comparable("{left} = {right}"),
    )


def _member(left: Any, right: Any) -> bool:
    return left in right


def _any_address(left: Any, right: Any) -> bool:
    return any(matching.same_address(left, item) for item in right)


_MEMBERSHIP = {**_same(_member, *_SCALARS), Kind.ADDRESS: _any_address}
_MEMBERSHIP_SQL = _comparable("{left} IN {right}")

_TABLE = (
    _ordering("<=", py.le),
    _ordering("<", py.lt),
    _ordering(">=", py.ge),
    _ordering(">", py.gt),
    _equality("=="),
    _equality("="),
    Operator(
        "!=",
        Takes.STRING,
        {**_same(py.ne, *_SCALARS), Kind.ADDRESS: lambda left, right: not matching.same_address(left, right)},
        _comparable("{left} <> {right}"),
    ),
    Operator("glob", Takes.STRING, {Kind.STRING: matching.matches}, prepare=matching.glob),
    Operator("iglob", Takes.STRING, {Kind.STRING: matching.matches}, prepare=matching.iglob),
    Operator(
        "contains",
        Takes.STRING,
        {Kind.STRING: _bytewise(py.contains), Kind.BUFFER: py.contains},
        {Kind.STRING: "contains({left}, {right})"},
    ),
    Operator(
        "icontains",
        Takes.STRING,
        {Kind.STRING: lambda left, right: matching.ascii_lower(right) in matching.ascii_lower(left)},
        {Kind.STRING: f"contains({_LOWER}, {_LOWER.replace('{left}', '{right}')})"},
    ),
    Operator("bcontains", Takes.STRING, {Kind.BUFFER: py.contains}),
    Operator(
        "startswith",
        Takes.STRING,
        {Kind.STRING: _bytewise(lambda left, right: left.startswith(right)), Kind.BUFFER: bytes.startswith},
        {Kind.STRING: "starts_with({left}, {right})"},
    ),
    Operator("bstartswith", Takes.STRING, {Kind.BUFFER: bytes.startswith}),
    Operator(
        "endswith",
        Takes.STRING,
        {Kind.STRING: _bytewise(lambda left, right: left.endswith(right)), Kind.BUFFER: bytes.endswith},
        {Kind.STRING: "ends_with({left}, {right})"},
    ),
    Operator("regex", Takes.STRING, {Kind.STRING: matching.matches}, prepare=matching.regex, rhs_field=False),
    Operator("intersects", Takes.LIST, _MEMBERSHIP, _MEMBERSHIP_SQL, prepare=matching.members, on_lists=True),
    Operator("in", Takes.LIST, _MEMBERSHIP, _MEMBERSHIP_SQL, prepare=matching.members, on_lists=True),
    Operator(
        "pmatch", Takes.LIST, {Kind.STRING: matching.matches}, prepare=matching.path_prefixes, rhs_field=False
    ),
)

OPERATORS = {operator.name: operator for operator in _TABLE}


def _taking(takes: Takes) -> tuple[str, ...]:
    return tuple(operator.name for operator in _TABLE if operator.takes is takes)


NUMERIC_OPERATORS = _taking(Takes.NUMBER)
STRING_OPERATORS = _taking(Takes.STRING)
LIST_OPERATORS = _taking(Takes.LIST)
OPERATOR_NAMES = ("exists", *OPERATORS)
"""Every operator, in the order in which Falco lists them."""
