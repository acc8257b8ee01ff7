"""Which event types a condition can be true for.

Source: ``userspace/libsinsp/filter/ppm_codes.cpp`` of falcosecurity/libs: ``and``
intersects, ``or`` unites, negations are pushed to the leaves, and only comparisons of
``evt.type`` with ``=``, ``==``, ``!=`` or ``in`` say anything.
"""

from __future__ import annotations

from typing import Any

from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.typed import FieldValue, Test

GENERIC = "syscall"
"""The event type that stands for every system call without one of its own."""

ALL = frozenset(EVENT_CODES)
EVENT_TYPE_FIELDS = frozenset({"evt.type", "syscall.type"})
EVENT_TYPE_OPERATORS = frozenset({"=", "==", "!=", "in"})


def event_types(node: Any) -> frozenset[str]:
    """The names of the event types for which a typed condition is not false from the start."""
    return _types(node, negated=False)


def count_codes(names: frozenset[str]) -> int:
    """How many entries of Falco's event table carry these names; many names have two."""
    return sum(EVENT_CODES[name] for name in names)


def _types(node: Any, *, negated: bool) -> frozenset[str]:
    match node:
        case Not(child=child):
            return _types(child, negated=not negated)
        case And(children=children) | Or(children=children):
            sets = [_types(child, negated=negated) for child in children]
            if isinstance(node, And) is not negated:
                return frozenset.intersection(*sets)
            return frozenset.union(*sets)
        case _:
            return _leaf_types(node, negated=negated)


def _leaf_types(test: Test, *, negated: bool) -> frozenset[str]:
    left = test.left
    if not (isinstance(left, FieldValue) and left.name in EVENT_TYPE_FIELDS):
        return ALL
    if test.operator is None:
        return frozenset() if negated else ALL
    if test.operator.name not in EVENT_TYPE_OPERATORS or test.modifier or not isinstance(test.right, tuple):
        return ALL
    names = frozenset(GENERIC if name in SYSCALL_NAMES else name for name in test.right)
    return ALL - names if negated is not (test.operator.name == "!=") else names & ALL
