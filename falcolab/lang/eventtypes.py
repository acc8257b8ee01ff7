"""Which event types a condition can be true for.

Source: ``userspace/libsinsp/filter/ppm_codes.cpp`` of falcosecurity/libs: ``and``
intersects, ``or`` unites, negations are pushed to the leaves, and only comparisons of
``evt.type`` with ``=``, ``==``, ``!=`` or ``in`` say anything.
"""

from __future__ import annotations

from typing import Any

from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.lang.ast import And, Not, fold
from falcolab.lang.typed import Constant, FieldValue, Test, Transformed

GENERIC = "syscall"
"""The event type that stands for every system call without one of its own."""

ALL = frozenset(EVENT_CODES)
EVENT_TYPE_FIELDS = frozenset({"evt.type", "syscall.type"})
EVENT_TYPE_OPERATORS = frozenset({"=", "==", "!=", "in"})


def event_types(node: Any) -> frozenset[str]:
    """The names of the event types for which a typed condition is not false from the start."""
    return fold(node, _leaf_types, _inner_types)[0]


def count_codes(names: frozenset[str]) -> int:
    """How many entries of Falco's event table carry these names; many names have two."""
    return sum(EVENT_CODES[name] for name in names)


_Both = tuple[frozenset[str], frozenset[str]]
"""The event types of a condition and those of its negation."""


_ANY: _Both = (ALL, ALL)


def _inner_types(node: Any, below: list[_Both]) -> _Both:
    if isinstance(node, Not):
        return below[0][1], below[0][0]
    different = set(below)
    if len(different) == 1:
        return below[0]
    plain, negated = zip(*different, strict=True)
    if isinstance(node, And):
        return frozenset.intersection(*plain), frozenset.union(*negated)
    return frozenset.union(*plain), frozenset.intersection(*negated)


def _leaf_types(test: Test) -> _Both:
    left = test.left
    if isinstance(left, Transformed) and _is_taken_for_types(test, left):
        return ALL, frozenset()
    if not (isinstance(left, FieldValue) and left.name in EVENT_TYPE_FIELDS):
        return _ANY
    if test.operator is None:
        return ALL, frozenset()
    if test.operator.name not in EVENT_TYPE_OPERATORS or test.modifier or not isinstance(test.right, tuple):
        return _ANY
    names = frozenset(GENERIC if name in SYSCALL_NAMES else name for name in test.right)
    types = (names & ALL, ALL - names)
    return types if test.operator.name != "!=" else types[::-1]


def _is_taken_for_types(test: Test, left: Transformed) -> bool:
    """Whether Falco takes a text among the transformer's arguments for the name of an event type.

    It does so by a slip if the text stands last: ``not concat(proc.name, "-x") = "a-x"`` is never true.
    """
    is_compared = test.operator is not None and test.operator.name in EVENT_TYPE_OPERATORS
    return is_compared and left.transformer.combines and isinstance(left.args[-1], Constant)
