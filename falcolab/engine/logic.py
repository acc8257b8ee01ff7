"""Conditions as formulas: what is always true or false goes, conjunctions are laid flat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from falcolab.lang.ast import And, Not, Or
from falcolab.lang.typed import Test

TRUE: And = And(())
FALSE: Or = Or(())


def every(children: Iterable[Any]) -> Any:
    """The conjunction of some conditions, simplified."""
    return _joined(And, TRUE, FALSE, children)


def some(children: Iterable[Any]) -> Any:
    """The disjunction of some conditions, simplified."""
    return _joined(Or, FALSE, TRUE, children)


def negated(node: Any) -> Any:
    """The negation of a condition, simplified."""
    return FALSE if node == TRUE else (TRUE if node == FALSE else Not(node))


def _joined(kind: type[And] | type[Or], neutral: Any, absorbing: Any, children: Iterable[Any]) -> Any:
    rest = tuple(child for child in children if child != neutral)
    if absorbing in rest:
        return absorbing
    return rest[0] if len(rest) == 1 else (kind(rest) if rest else neutral)


def conjuncts(node: Any) -> list[Any]:
    """The conditions that must all hold for a condition to hold."""
    match node:
        case And(children=children):
            return [part for child in children for part in conjuncts(child)]
        case Not(child=Or(children=children)):
            return [part for child in children for part in conjuncts(Not(child))]
        case Not(child=Not(child=child)):
            return conjuncts(child)
        case _:
            return [node]


def disjuncts(node: Any) -> list[Any]:
    """The conditions of which one must hold for a condition to hold."""
    match node:
        case Or(children=children):
            return [part for child in children for part in disjuncts(child)]
        case _:
            return [node]


def replaced(node: Any, leaf: Callable[[Any], Any]) -> Any:
    """A condition with other leaves, simplified."""
    match node:
        case And(children=children):
            return every([replaced(child, leaf) for child in children])
        case Or(children=children):
            return some([replaced(child, leaf) for child in children])
        case Not(child=child):
            return negated(replaced(child, leaf))
        case _:
            return leaf(node)


def fingerprint(node: Any) -> bytes:
    """A digest of a condition's meaning, the same in every process."""
    return hashlib.sha256(_canonical(node).encode()).digest()[:16]


def _canonical(node: Any) -> str:
    match node:
        case And(children=children):
            return f"And({_listed(children)})"
        case Or(children=children):
            return f"Or({_listed(children)})"
        case Not(child=child):
            return f"Not({_canonical(child)})"
        case Test(text=text):
            return f"Test({text!r})"
        case _:
            return repr(node)


def _listed(children: Sequence[Any]) -> str:
    return ",".join(map(_canonical, children))
