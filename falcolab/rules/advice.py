"""What Falco advises against: comparisons with ``<NA>``, and deprecated fields.

Source: ``userspace/engine/filter_warning_resolver.cpp`` and ``rule_loader_compiler.cpp`` of
falcosecurity/falco.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.lang.ast import Argument, Check, Exists, FieldRef, Literal, Transform, Values, fields, leaves

_NA = "<NA>"
_NA_OPERATORS = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_UNSAFE = ("ka.", "jevt.")

DEPRECATED = {field.name: field.deprecated for field in SOURCES[SYSCALL].fields.values() if field.deprecated}
"""Deprecated fields with what is to be said of them, in Falco's order."""


def compares_na(tree: Any) -> bool:
    """Whether a condition compares an audit field with the text ``<NA>``."""
    return any(_compares_na(check) for check in leaves(tree) if isinstance(check, Check))


def _compares_na(check: Check) -> bool:
    if not _is_unsafe(check):
        return False
    match check.right:
        case Literal(value=value):
            return value == _NA
        case Values(items=items):
            return _NA in items
        case _:
            return False


def _is_unsafe(check: Check) -> bool:
    names = [ref.name for ref in _seen(check.left)]
    comparison = check.operator in _NA_OPERATORS and check.modifier is None
    return comparison and bool(names) and names[-1].startswith(_UNSAFE)


def _seen(operand: Argument) -> Iterator[FieldRef]:
    """The fields of an operand that Falco looks at: those of lists it skips."""
    match operand:
        case FieldRef():
            yield operand
        case Transform(args=args):
            for arg in args:
                yield from _seen(arg)
        case _:
            return


def deprecated_in_condition(tree: Any) -> list[str]:
    """The deprecated fields that a condition uses."""
    used: set[str] = set()
    for leaf in leaves(tree):
        if isinstance(leaf, Check | Exists):
            used.update(ref.name for ref in _seen(leaf.left))
        if isinstance(leaf, Check) and _is_unsafe(leaf):
            used.update(ref.name for ref in fields(leaf.right))
    return [name for name in DEPRECATED if name in used]


def deprecated_in_output(text: str) -> list[str]:
    """The deprecated fields whose names an output contains."""
    return [name for name in DEPRECATED if name in text]
