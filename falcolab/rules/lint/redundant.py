"""FL007: clauses that their neighbours make superfluous."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.lang.ast import And, Not, Or, children
from falcolab.rules.lint.formula import Formula, atoms, joined
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Clause, Written, shortened

MAX_UNITS = 200
"""Of longer chains of ``and`` or ``or`` only so many operands are looked at."""


def redundant(subject: Subject) -> Iterator[Problem]:
    """FL007: an operand of ``and`` that another implies, or one of ``or`` that implies another."""
    for written in subject.conditions:
        stack = [written.tree]
        while stack:
            node = stack.pop()
            stack.extend(children(node))
            if isinstance(node, And | Or):
                yield from _Chain(node, written, subject).problems()


class _Chain:
    """The operands of one ``and`` or ``or``, each as names only and with everything in place."""

    def __init__(self, node: And | Or, written: Written, subject: Subject) -> None:
        self.kind = type(node)
        self.written, self.logic = written, subject.logic
        self.units = _operands(node, self.kind)[:MAX_UNITS]
        self.names = _present(subject.names(unit, written) for unit in self.units)
        self.whole = _present(subject.part(unit, written) for unit in self.units)

    def problems(self) -> Iterator[Problem]:
        count = len(self.units)
        if len(self.names) < count or len(self.whole) < count:
            return  # too large
        kept = set(range(count))
        for index in reversed(range(count)):
            others = sorted(kept - {index})
            if others and not _is_hollow(self.names[index]) and self._is_implied(index, others):
                kept.remove(index)
                yield self._problem(index, others)

    def _is_implied(self, index: int, others: list[int]) -> bool:
        """A unit counts by its own words only: what its macros and lists hold may change."""
        unit = self.names[index]
        rests = (joined(self.kind, [view[other] for other in others]) for view in (self.names, self.whole))
        return any(self._relates(unit, rest) for rest in rests)

    def _relates(self, unit: Formula, rest: Formula) -> bool:
        implies = self.logic.implies
        return implies(rest, unit) if self.kind is And else implies(unit, rest)

    def _problem(self, index: int, others: list[int]) -> Problem:
        unit, text = self.units[index], _shown(self.units[index])
        because = next((other for other in others if self._is_implied(index, [other])), None)
        reason = "the rest" if because is None else f"`{_shown(self.units[because])}`"
        verb = "already says so" if self.kind is And else "covers it"
        message = f"`{text}` is superfluous: {reason} {verb}"
        if reason == f"`{text}`":
            message = f"`{text}` stands here twice"
        return Problem(message, self.written.at(unit.pos), "remove it, or correct what was meant otherwise")


def _present(views: Iterator[Formula | None]) -> list[Formula]:
    return [view for view in views if view is not None]


def _operands(node: Any, kind: type[And] | type[Or]) -> list[Any]:
    if not isinstance(node, kind):
        return [node]
    return [unit for child in node.children for unit in _operands(child, kind)]


def _is_hollow(unit: Formula) -> bool:
    """Whether it has a check that is never true: FL006 is about these, and they imply anything."""
    return any(atom.meaning.is_never_true for atom in atoms(unit))


def _shown(unit: Any) -> str:
    return shortened(_text(unit))


def _text(unit: Any) -> str:
    match unit:
        case Clause():
            return unit.text
        case Not(child=child):
            return f"not {_inside(child)}"
        case _:
            word = " and " if isinstance(unit, And) else " or "
            return word.join(map(_inside, unit.children))


def _inside(unit: Any) -> str:
    return f"({_text(unit)})" if isinstance(unit, And | Or) else _text(unit)
