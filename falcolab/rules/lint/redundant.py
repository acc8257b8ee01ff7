"""FL007: clauses that their neighbours make superfluous."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.lang.ast import And, Not, Or, children, leaves
from falcolab.rules.lint.formula import Atom, TooLargeError, joined
from falcolab.rules.lint.logic import implies
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Clause, Written

MAX_UNITS = 300
"""Longer chains of ``and`` or ``or`` are left alone."""


def redundant(subject: Subject) -> Iterator[Problem]:
    """FL007: an operand of ``and`` that another implies, or one of ``or`` that implies another."""
    for written in subject.conditions:
        stack = [written.tree]
        while stack:
            node = stack.pop()
            stack.extend(children(node))
            if isinstance(node, And | Or):
                try:
                    yield from _Chain(node, written, subject).problems()
                except TooLargeError:
                    continue


class _Chain:
    """The operands of one ``and`` or ``or``, each as names only and with everything in place."""

    def __init__(self, node: And | Or, written: Written, subject: Subject) -> None:
        self.kind = type(node)
        self.written = written
        self.units = _operands(node, self.kind)[:MAX_UNITS]
        self.names = [subject.names(unit, written) for unit in self.units]
        self.whole = [subject.part(unit, written) for unit in self.units]

    def problems(self) -> Iterator[Problem]:
        kept = set(range(len(self.units)))
        for index in reversed(range(len(self.units))):
            others = sorted(kept - {index})
            if others and not _is_hollow(self.names[index]) and self._is_implied(index, others):
                kept.remove(index)
                yield self._problem(index, others)

    def _is_implied(self, index: int, others: list[int]) -> bool:
        """A unit counts by its own words only: what its macros and lists hold may change."""
        return any(
            self._relates(self.names[index], joined(self.kind, [view[other] for other in others]))
            for view in (self.names, self.whole)
        )

    def _relates(self, unit: Any, others: Any) -> bool:
        return implies(others, unit) if self.kind is And else implies(unit, others)

    def _problem(self, index: int, others: list[int]) -> Problem:
        unit, text = self.units[index], _text(self.units[index])
        because = next((other for other in others if self._is_implied(index, [other])), None)
        reason = "the rest" if because is None else f"`{_text(self.units[because])}`"
        verb = "already says so" if self.kind is And else "covers it"
        message = f"`{text}` is superfluous: {reason} {verb}"
        if reason == f"`{text}`":
            message = f"`{text}` stands here twice"
        return Problem(message, self.written.at(unit.pos), "remove it, or change what was meant differently")


def _operands(node: Any, kind: type[And] | type[Or]) -> list[Any]:
    if not isinstance(node, kind):
        return [node]
    return [unit for child in node.children for unit in _operands(child, kind)]


def _is_hollow(unit: Any) -> bool:
    """An empty list, most often: anything implies that a value is not in it."""
    return any(isinstance(atom, Atom) and atom.meaning.is_never_true for atom in leaves(unit))


def _text(unit: Any) -> str:
    match unit:
        case Clause():
            return unit.text
        case Not(child=child):
            return f"not {_inside(child)}"
        case And() | Or():
            word = " and " if isinstance(unit, And) else " or "
            return word.join(map(_inside, unit.children))
    raise TypeError(unit)


def _inside(unit: Any) -> str:
    return f"({_text(unit)})" if isinstance(unit, And | Or) else _text(unit)
