"""Conditions as Python functions of one event.

A row is anything that gives a field's value by position: ``row[slot]``; None is an absent
field. The same functions judge live events and, once per distinct value, the checks that
SQL cannot express.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from falcolab.fields.field import Reading
from falcolab.fields.types import Kind
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.operators import Operator
from falcolab.lang.typed import (
    Constant,
    FieldValue,
    ListOf,
    Test,
    Transformed,
    TypedCondition,
    Value,
    field_values,
)


class Row(Protocol):
    """The values of one event by slot."""

    def __getitem__(self, slot: int, /) -> Any: ...


Slots = Mapping[FieldValue, int]
Judge = Callable[[Row], bool]
Getter = Callable[[Row], Any]


def slots_of(*nodes: Any) -> dict[FieldValue, int]:
    """A slot for every field value that some conditions, tests or values depend on."""
    found = dict.fromkeys(value for node in nodes for value in field_values(node))
    return {value: slot for slot, value in enumerate(found)}


def compile_condition(node: TypedCondition, slots: Slots) -> Judge:
    """A typed condition as a function of a row."""
    match node:
        case Not(child=child):
            judge = compile_condition(child, slots)
            return lambda row: not judge(row)
        case And(children=children):
            judges = tuple(compile_condition(child, slots) for child in children)
            return lambda row: all(judge(row) for judge in judges)
        case Or(children=children):
            judges = tuple(compile_condition(child, slots) for child in children)
            return lambda row: any(judge(row) for judge in judges)
        case _:
            return compile_test(node, slots)


def compile_value(value: Value, slots: Slots) -> Getter:
    """A field, constant or transformer as a function of a row; None when it yields nothing."""
    match value:
        case FieldValue():
            slot = slots[value]
            return lambda row: row[slot]
        case Constant(value=text):
            return lambda _row: text
        case ListOf(items=items):
            return _all_present(tuple, tuple(compile_value(item, slots) for item in items))
        case Transformed(transformer=transformer, args=args, selector=selector):
            extra = () if selector is None else (selector,)
            getters = tuple(compile_value(arg, slots) for arg in args)
            return _all_present(lambda values: transformer.apply(*values, *extra), getters)


def _all_present(make: Callable[[Sequence[Any]], Any], getters: tuple[Getter, ...]) -> Getter:
    def get(row: Row) -> Any:
        values = []
        for getter in getters:
            value = getter(row)
            if value is None:
                return None
            values.append(value)
        return make(values)

    return get


def compile_test(test: Test, slots: Slots) -> Judge:
    """A single check as a function of a row; false when its field is absent."""
    get = compile_value(test.left, slots)
    operator = test.operator
    if operator is None:
        return lambda row: get(row) is not None
    if not isinstance(test.right, tuple):
        return _against_field(operator, test, get, compile_value(test.right, slots))
    holds = _against_constants(operator, test, test.right)

    def judge(row: Row) -> bool:
        value = get(row)
        return value is not None and holds(value)

    return judge


def _against_constants(operator: Operator, test: Test, right: tuple[Any, ...]) -> Callable[[Any], bool]:
    reading = test.left.reading if isinstance(test.left, FieldValue) else Reading.VALUE
    if reading is Reading.VALUE:
        return _against_values(operator, test, right)
    if reading is Reading.WITHIN:
        return lambda distance: bool(distance <= right[0] * _MILLISECOND)
    holds = _against_values(operator, test, right[:1] if reading is Reading.EITHER_FIRST else right)
    if reading is not Reading.ANY and operator.name == "!=":
        return lambda candidates: bool(candidates) and all(map(holds, candidates))
    return lambda candidates: any(map(holds, candidates))


_MILLISECOND = 10**6


def _against_values(operator: Operator, test: Test, right: tuple[Any, ...]) -> Callable[[Any], bool]:
    if test.left.shape.is_list:
        return _list_test(operator.name, operator.prepare(right))
    compare = operator.kinds[test.left.shape.type.kind]
    if test.modifier is not None:
        return _modified(test.modifier, [(compare, operator.prepare(item)) for item in right])
    prepared = operator.prepare(right if operator.takes.name == "LIST" else right[0])
    return lambda value: compare(value, prepared)


def _list_test(name: str, members: Any) -> Callable[[Any], bool]:
    if name == "in":
        return lambda values: all(value in members for value in values)
    return lambda values: any(value in members for value in values)


def _modified(modifier: str, comparisons: list[tuple[Any, Any]]) -> Callable[[Any], bool]:
    def count(value: Any) -> int:
        return sum(1 for compare, item in comparisons if compare(value, item))

    total = len(comparisons)
    match modifier:
        case "oneof":
            return lambda value: count(value) == 1
        case "anyof":
            return lambda value: any(compare(value, item) for compare, item in comparisons)
        case _:
            return lambda value: total > 0 and count(value) == total


def _against_field(operator: Operator, test: Test, get: Getter, get_right: Getter) -> Judge:
    is_list, takes_list = test.left.shape.is_list, operator.takes.name == "LIST"
    compare = operator.kinds.get(test.left.shape.type.kind if not is_list else Kind.STRING)

    def judge(row: Row) -> bool:
        left, right = get(row), get_right(row)
        if left is None or right is None or compare is None:
            return False
        if is_list:
            return _list_test(operator.name, frozenset(right))(left)
        return compare(left, operator.prepare((right,) if takes_list else right))

    return judge
