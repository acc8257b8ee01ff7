"""Conditions as their authors wrote them: list names still visible, positions those of the text.

Falco puts lists into a condition as text, which moves everything behind them. Here both
forms are read and laid over each other, so that a finding knows what a check means and
points to where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from falcolab.lang.ast import And, Check, Identifier, Literal, Not, Or, Pos, Values, depth, leaves
from falcolab.lang.errors import ParseError
from falcolab.lang.parser import parse
from falcolab.lang.printer import to_text
from falcolab.lang.scanner import Scanner
from falcolab.rules.expansion import Lists, TooLongError
from falcolab.rules.items import MacroItem, RuleItem
from falcolab.rules.result import Context

MAX_DEPTH = 50
"""Conditions that nest deeper are left alone."""

MAX_TEXT = 2_000_000
"""So are those that are longer, lists in place."""

_SHOWN = 80


def shortened(text: str) -> str:
    """A part of a condition, short enough for a message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


@dataclass(frozen=True, slots=True)
class Clause:
    """A leaf of a condition.

    Attributes:
        raw: the check or macro name as written.
        full: the same with lists in place.
        pos: where it stands in the text.
    """

    raw: Any
    full: Any
    pos: Pos

    @property
    def is_plain(self) -> bool:
        """Whether its meaning depends on no list and no macro."""
        return bool(self.raw == self.full) and not isinstance(self.raw, Identifier)

    @property
    def text(self) -> str:
        """The clause for people, shortened."""
        return shortened(to_text(self.raw))


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """The condition of a rule, a macro or an exception's row.

    Attributes:
        item: the rule or macro that it belongs to.
        tree: ``And``, ``Or`` and ``Not`` over :class:`Clause`.
        text: what the positions count in.
    """

    item: RuleItem | MacroItem
    tree: Any
    text: str

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause, from left to right."""
        return leaves(self.tree)

    @property
    def is_macro(self) -> bool:
        """Whether it belongs to a macro."""
        return isinstance(self.item, MacroItem)

    def at(self, pos: Pos) -> Context:
        """The context of a place in the condition."""
        return self.item.condition_context.in_condition(pos, self.text)

    def value_index(self, clause: Clause, value: str) -> int | None:
        """Where a bare value of a clause begins in the text; None when it is quoted or not found."""
        found = self.text.find(value, clause.pos.index)
        while found >= 0:
            end = found + len(value)
            if self.text[found - 1 : found] in _BEFORE_VALUE and self.text[end : end + 1] in _AFTER_VALUE:
                return found
            found = self.text.find(value, found + 1)
        return None

    def at_value(self, clause: Clause, value: str) -> Context:
        """The context of a value of a clause; that of the clause when the value is quoted."""
        index = self.value_index(clause, value)
        return self.at(clause.pos if index is None else Scanner(self.text, index).pos)


_BLANKS = " \t\n\r"
_BEFORE_VALUE = tuple(_BLANKS + "(,=")
_AFTER_VALUE = ("", *_BLANKS, ")", ",")


def read(item: RuleItem | MacroItem, text: str, lists: Lists) -> Written | None:
    """The condition with its clauses; None when it cannot be parsed or is too large for lints."""
    try:
        replaced = lists.put_into(text)
    except TooLongError:
        return None
    full = _parsed(replaced) if len(replaced) <= MAX_TEXT else None
    if full is None or depth(full) > MAX_DEPTH:
        return None
    raw = full if replaced == text else _parsed(text)
    try:
        return Written(item, _paired(raw, full), text)
    except _DifferentError:
        return Written(item, _paired(full, full), replaced)


def values_of(leaf: Any) -> tuple[str, ...]:
    """The constants on the right of a check."""
    match leaf:
        case Check(right=Values(items=items)):
            return items
        case Check(right=Literal(value=value)):
            return (value,)
        case _:
            return ()


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ParseError:
        return None


class _DifferentError(Exception):
    """The lists have changed the structure of the condition."""


def _paired(raw: Any, full: Any) -> Any:
    if type(raw) is not type(full):
        raise _DifferentError
    match raw:
        case Not():
            return Not(_paired(raw.child, full.child), raw.pos)
        case And() | Or():
            if len(raw.children) != len(full.children):
                raise _DifferentError
            pairs = zip(raw.children, full.children, strict=True)
            return type(raw)(tuple(_paired(*pair) for pair in pairs), raw.pos)
        case _:
            return Clause(raw, full, raw.pos)
