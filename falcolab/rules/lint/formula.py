"""Conditions without ``not``: negations at the checks, macros in place, every check with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from falcolab.fields.catalogue import SOURCES
from falcolab.lang.ast import And, Identifier, Not, Or, Pos, leaves
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import LanguageError
from falcolab.lang.typed import Test
from falcolab.rules.lint.meaning import Meaning, meaning, unknown
from falcolab.rules.lint.written import Clause, Written

MAX_ATOMS = 20_000
"""Conditions with more checks, macros in place, are left alone."""

MAX_LEVELS = 60
"""So are those that nest deeper, macros counted."""

Path = tuple[tuple[Written, Pos], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A check or its negation.

    Attributes:
        meaning: what the check says.
        positive: false for a negated one.
        clause: the check as written.
        path: the way to it: a place in a rule, then one in each macro on the way.
    """

    meaning: Meaning
    positive: bool
    clause: Clause
    path: Path

    def __str__(self) -> str:
        """The check for people, with the macro that it comes from."""
        text = f"`{'' if self.positive else 'not '}{self.clause.text}`"
        origin = self.path[-1][0]
        return f"{text} (macro {origin.item.name})" if len(self.path) > 1 else text


Formula = And | Or | Atom
"""``And`` and ``Or``, never one directly below its like, over :class:`Atom`."""


class TooLargeError(Exception):
    """A condition has too many checks, or nests too deep."""


def atoms(node: Any) -> Iterator[Atom]:
    """Every atom of a formula."""
    return leaves(node)


def expand(written: Written, macros: Mapping[str, Written]) -> Any:
    """A whole condition with lists and macros in place; macros that do not exist stay opaque.

    Raises:
        TooLargeError: it is too large.
    """
    return _Build(macros).formula(written.tree, (), written, positive=True)


def expand_part(node: Any, written: Written, macros: Mapping[str, Written]) -> Any:
    """The same for a part of a condition.

    Raises:
        TooLargeError: it is too large.
    """
    return _Build(macros).formula(node, (), written, positive=True)


def opaque_part(node: Any, written: Written) -> Any:
    """A part of a condition in which macros, and checks that use lists, are only names.

    Raises:
        TooLargeError: it is too large.
    """
    return _Build({}, names_only=True).formula(node, (), written, positive=True)


class _Build:
    def __init__(self, macros: Mapping[str, Written], *, names_only: bool = False) -> None:
        self.macros, self.names_only = macros, names_only
        self.count = self.level = 0

    def formula(self, node: Any, path: Path, written: Written, *, positive: bool) -> Any:
        self.level += 1
        if self.level > MAX_LEVELS:
            raise TooLargeError
        built = self._formula(node, path, written, positive=positive)
        self.level -= 1
        return built

    def _formula(self, node: Any, path: Path, written: Written, *, positive: bool) -> Any:
        match node:
            case Not(child=child):
                return self.formula(child, path, written, positive=not positive)
            case And(children=children) | Or(children=children):
                parts = [self.formula(child, path, written, positive=positive) for child in children]
                return joined(And if isinstance(node, And) is positive else Or, parts)
            case _:
                return self._clause(node, (*path, (written, node.pos)), positive=positive)

    def _clause(self, clause: Clause, path: Path, *, positive: bool) -> Any:
        macro = self._macro(clause, path)
        if macro is not None:
            return self.formula(macro.tree, path, macro, positive=positive)
        self.count += 1
        if self.count > MAX_ATOMS:
            raise TooLargeError
        plain = clause.is_plain or not self.names_only
        return Atom(meaning_of(clause.full) if plain else unknown(clause.raw), positive, clause, path)

    def _macro(self, clause: Clause, path: Path) -> Written | None:
        if not isinstance(clause.full, Identifier):
            return None
        macro = self.macros.get(clause.full.name)
        return None if any(macro is step[0] for step in path) else macro


def joined(kind: type[And] | type[Or], parts: Iterable[Any]) -> Any:
    """Formulas joined by ``and`` or ``or``, flat."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(part.children if isinstance(part, kind) else (part,))
    return kind(tuple(flat)) if len(flat) > 1 else flat[0]


@lru_cache(maxsize=8192)
def meaning_of(leaf: Any) -> Meaning:
    """What a check says, compiled for whichever source has its fields."""
    for source in () if isinstance(leaf, Identifier) else SOURCES.values():
        try:
            test = Compiler(source).compile(leaf)
        except LanguageError:
            continue
        if isinstance(test, Test):
            return meaning(test)
    return unknown(leaf)
