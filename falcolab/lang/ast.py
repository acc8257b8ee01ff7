"""The condition language as a tree.

A condition is made of :class:`And`, :class:`Or` and :class:`Not` over leaves. After
parsing the leaves are :class:`Check`, :class:`Exists` and :class:`Identifier` (a macro's
name); after compilation they are :class:`falcolab.lang.typed.Test`. Positions never take
part in comparisons, so that equal conditions are equal trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Pos:
    """A place in a condition: ``index`` counts from 0, ``line`` and ``column`` from 1."""

    index: int = 0
    line: int = 1
    column: int = 1


START = Pos()
"""The beginning of a condition."""


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field with its argument: ``proc.aname[2]``."""

    name: str
    arg: str | None = None
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """One value: a bare or quoted string, or a number."""

    value: str
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Values:
    """The list on the right of a list operator: ``(a, "b c")``."""

    items: tuple[str, ...]
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Transform:
    """A transformer over its arguments: ``tolower(proc.name)``, ``getopt(l, "x:")[x]``."""

    name: str
    args: tuple[Argument, ...]
    selector: str | None = None
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list written among a transformer's arguments: ``join(",", (fd.name, "x"))``."""

    items: tuple[Argument, ...]
    pos: Pos = field(default=START, compare=False, repr=False)


Argument = FieldRef | Transform | Literal | Sequence
Operand = FieldRef | Transform


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison: ``left operator [modifier] right``."""

    left: Operand
    operator: str
    right: Literal | Values | FieldRef | Transform
    modifier: str | None = None
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """``left exists``."""

    left: Operand
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A bare name in the place of a condition: a macro."""

    name: str
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of its child."""

    child: Any
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """True when every child is; has at least two."""

    children: tuple[Any, ...]
    pos: Pos = field(default=START, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """True when any child is; has at least two."""

    children: tuple[Any, ...]
    pos: Pos = field(default=START, compare=False, repr=False)


Condition = And | Or | Not | Check | Exists | Identifier


def children(node: Any) -> tuple[Any, ...]:
    """The conditions directly below a node; empty for a leaf."""
    if isinstance(node, Not):
        return (node.child,)
    return node.children if isinstance(node, And | Or) else ()


def leaves(node: Any) -> Iterator[Any]:
    """The leaves of a condition, from left to right."""
    stack = [node]
    while stack:
        current = stack.pop()
        below = children(current)
        if below:
            stack.extend(reversed(below))
        else:
            yield current


def depth(node: Any) -> int:
    """How many levels of ``and``, ``or`` and ``not`` lie above the deepest leaf."""
    deepest, stack = 0, [(node, 0)]
    while stack:
        current, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((child, level + 1) for child in children(current))
    return deepest


def fold(
    node: Any, leaf: Callable[[Any], _Result], inner: Callable[[Any, list[_Result]], _Result]
) -> _Result:
    """A value for a condition, computed from the leaves upwards, however deep it nests.

    Args:
        node: the condition.
        leaf: the value of a leaf.
        inner: the value of an ``And``, ``Or`` or ``Not`` from those of its children.
    """
    done: list[_Result] = []
    work: list[tuple[Any, tuple[Any, ...] | None]] = [(node, None)]
    while work:
        current, below = work.pop()
        if below is not None:
            values = done[-len(below) :]
            del done[-len(below) :]
            done.append(inner(current, values))
        elif below := children(current):
            work.append((current, below))
            work.extend((child, None) for child in reversed(below))
        else:
            done.append(leaf(current))
    return done[0]


def with_children(node: Any, below: list[Any]) -> Any:
    """An ``And``, ``Or`` or ``Not`` like the given one over other children."""
    return Not(below[0], node.pos) if isinstance(node, Not) else type(node)(tuple(below), node.pos)


def flattened(node: Any) -> Any:
    """The same condition with as few levels as its meaning allows: negations stand at leaves."""
    return fold(node, lambda leaf: (leaf, Not(leaf, leaf.pos)), _both_ways)[0]


def _both_ways(node: Any, below: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """A flat condition and its negation, from those of the children."""
    if isinstance(node, Not):
        return below[0][1], below[0][0]
    kinds = (And, Or) if isinstance(node, And) else (Or, And)
    return (
        _joined(kinds[0], [pair[0] for pair in below], node.pos),
        _joined(kinds[1], [pair[1] for pair in below], node.pos),
    )


def _joined(kind: type[And] | type[Or], parts: list[Any], pos: Pos) -> And | Or:
    flat = [one for part in parts for one in (part.children if isinstance(part, kind) else (part,))]
    return kind(tuple(flat), pos)


def fields(node: Any) -> Iterator[FieldRef]:
    """Every field that a parsed condition, check or operand mentions."""
    stack = [node]
    while stack:
        current = stack.pop()
        match current:
            case FieldRef():
                yield current
            case Transform(args=args) | Sequence(items=args):
                stack.extend(reversed(args))
            case Check(left=left, right=right):
                stack.extend((right, left))
            case Exists(left=left):
                stack.append(left)
            case _:
                stack.extend(reversed(children(current)))
