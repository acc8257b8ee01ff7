"""What single checks say about the value that they test, and how two of them relate.

A check on a field that is absent is false, whatever its operator; so a check stands for a
set of present values, and its negation for all other values and absence. Everything here
errs on the side of not knowing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from falcolab.fields.types import INTEGER_RANGES, Kind
from falcolab.lang.operators import Takes
from falcolab.lang.strings import to_bytes
from falcolab.lang.typed import FieldValue, Test, field_values

_EQUALS = frozenset({"=", "=="})
_LISTED = frozenset({"in", "intersects"})


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """One check.

    Attributes:
        key: what is tested; checks of equal keys see the same value.
        relation: operator, modifier and right side; None for a check of unknown meaning.
        test: the compiled check, if it could be compiled.
        values: the only values for which it is true, where they can be listed.
        holds: whether it is true for a value; None where that is not a matter of one value.
        bounds: the lowest and the highest number for which it is true, for orderings.
        needle: the bytes that it looks for in the value.
    """

    key: Hashable
    relation: tuple[str, str | None, Any] | None = None
    test: Test | None = None
    values: tuple[Any, ...] | None = None
    holds: Callable[[Any], bool] | None = None
    bounds: tuple[int, int] | None = None
    needle: bytes | None = None

    @property
    def operator(self) -> str:
        """The operator's name; empty when unknown."""
        return self.relation[0] if self.relation else ""

    @property
    def field(self) -> str:
        """The name of the field that it tests; empty for transformers and unknown checks."""
        left = self.test.left if self.test else None
        return left.name if isinstance(left, FieldValue) else ""

    @property
    def is_never_true(self) -> bool:
        """Whether no value satisfies it."""
        if self.values is not None:
            return not self.values
        return self.bounds is not None and self.bounds[0] > self.bounds[1]

    @property
    def weight(self) -> int:
        """How many values a comparison with another check may have to go through."""
        return len(self.values or ())

    @property
    def members(self) -> frozenset[Any] | None:
        """The constants of a check on a list-valued field."""
        if self.test is None or not self.test.left.shape.is_list or self.operator not in _LISTED:
            return None
        return frozenset(self.test.right) if isinstance(self.test.right, tuple) else None


def unknown(key: Hashable) -> Meaning:
    """A check of which only its identity counts."""
    return Meaning(key)


def meaning(test: Test) -> Meaning:
    """What a compiled check says."""
    if any(_is_peculiar(value) for value in field_values(test)):
        return Meaning(test, test=test)
    name = "exists" if test.operator is None else test.operator.name
    relation = ("=" if name in _EQUALS else name, test.modifier, test.right)
    holds = _predicate(test)
    if holds is None:
        return Meaning(test.left, relation, test)
    return Meaning(test.left, relation, test, _values(test, holds), holds, _bounds(test), _needle(test))


def _is_peculiar(value: FieldValue) -> bool:
    """Fields that may stand for several values at once, such as ``fd.ip`` or ``proc.aname``."""
    if value.field.name.startswith("proc.a") and value.arg is not None and value.arg.isdigit():
        return False
    return not value.field.rhs


def _predicate(test: Test) -> Callable[[Any], bool] | None:
    operator, right = test.operator, test.right
    if operator is None or not isinstance(right, tuple) or test.left.shape.is_list:
        return None
    compare = operator.kinds[test.left.shape.type.kind]
    if test.modifier is not None:
        prepared = [operator.prepare(item) for item in right]
        wanted = _WANTED[test.modifier]
        return lambda value: wanted([compare(value, item) for item in prepared])
    constant = operator.prepare(right if operator.takes is Takes.LIST else right[0])
    return lambda value: compare(value, constant)


_WANTED: dict[str, Callable[[list[bool]], bool]] = {
    "oneof": lambda hits: hits.count(True) == 1,
    "anyof": any,
    "allof": lambda hits: bool(hits) and all(hits),
}


def _values(test: Test, holds: Callable[[Any], bool]) -> tuple[Any, ...] | None:
    name, right = test.operator.name if test.operator else "", tuple(test.right)  # type: ignore[arg-type]
    if test.left.shape.type.kind is Kind.BOOL:
        return tuple(value for value in (False, True) if holds(value))
    if test.modifier is not None and not right:
        return ()
    if name in _EQUALS or name in _LISTED or (name == "pmatch" and not right):
        return tuple(value for value in dict.fromkeys(right) if holds(value))
    return None


def _bounds(test: Test) -> tuple[int, int] | None:
    span = INTEGER_RANGES.get(test.left.shape.type)
    name = test.operator.name if test.operator else ""
    if span is None or name not in ("<", "<=", ">", ">="):
        return None
    number = test.right[0]  # type: ignore[index]
    match name:
        case "<":
            return span[0], number - 1
        case "<=":
            return span[0], number
        case ">":
            return number + 1, span[1]
        case _:
            return number, span[1]


def _needle(test: Test) -> bytes | None:
    name = test.operator.name if test.operator else ""
    if test.modifier is not None or name not in ("startswith", "endswith", "contains", "icontains"):
        return None
    value = test.right[0]  # type: ignore[index]
    return to_bytes(value) if isinstance(value, str) else bytes(value)


_KEEPING_CASE = ("startswith", "endswith", "contains")

_INCLUDED: dict[tuple[str, str], Callable[[bytes, bytes], bool]] = {
    ("startswith", "startswith"): bytes.startswith,
    ("endswith", "endswith"): bytes.endswith,
    **dict.fromkeys(((name, "contains") for name in _KEEPING_CASE), lambda one, other: other in one),
    **dict.fromkeys(
        ((name, "icontains") for name in (*_KEEPING_CASE, "icontains")),
        lambda one, other: other.lower() in one.lower(),
    ),
}


def included(one: Meaning, other: Meaning) -> bool:
    """Whether ``other`` is true for every value for which ``one`` is."""
    if one.key != other.key:
        return False
    if one.relation == other.relation or other.operator == "exists":
        return True
    mine, theirs = one.members, other.members
    if mine is not None and theirs is not None:
        # All of the values in a set means some of them, for there is no list without values.
        return (one.operator, other.operator) != ("intersects", "in") and mine <= theirs
    if one.holds is None or other.holds is None:
        return False
    if one.values is not None:
        return all(map(other.holds, one.values))
    return _includes_unlisted(one, other)


def _includes_unlisted(one: Meaning, other: Meaning) -> bool:
    test = other.test
    if other.operator == "!=" and test is not None and test.modifier is None and one.holds is not None:
        return not one.holds(test.right[0])  # type: ignore[index]
    if one.bounds is not None and other.bounds is not None:
        return other.bounds[0] <= one.bounds[0] and one.bounds[1] <= other.bounds[1]
    related = _INCLUDED.get((one.operator, other.operator))
    if related is None or one.needle is None or other.needle is None:
        return False
    return related(one.needle, other.needle)


def disjoint(one: Meaning, other: Meaning) -> bool:
    """Whether no value satisfies both."""
    if one.key != other.key:
        return False
    mine, theirs = one.members, other.members
    if mine is not None and theirs is not None:
        return "in" in (one.operator, other.operator) and not mine & theirs
    if one.holds is None or other.holds is None:
        return False
    for some, judge in ((one, other.holds), (other, one.holds)):
        if some.values is not None:
            return not any(map(judge, some.values))
    if one.bounds is not None and other.bounds is not None:
        return max(one.bounds[0], other.bounds[0]) > min(one.bounds[1], other.bounds[1])
    return _needles_clash(one, other)


def _needles_clash(one: Meaning, other: Meaning) -> bool:
    if one.needle is None or other.needle is None or one.operator != other.operator:
        return False
    related = {"startswith": bytes.startswith, "endswith": bytes.endswith}.get(one.operator)
    if related is None:
        return False
    return not related(one.needle, other.needle) and not related(other.needle, one.needle)
