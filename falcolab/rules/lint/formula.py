"""Conditions without ``not``: negations at the checks, macros in place, every check with its origin."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from falcolab.fields.catalogue import SOURCES
from falcolab.lang.ast import And, Identifier, Not, Or, Pos, depth, leaves
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import LanguageError
from falcolab.lang.typed import Test
from falcolab.rules.lint.meaning import Meaning, meaning, unknown
from falcolab.rules.lint.work import Work
from falcolab.rules.lint.written import Clause, Written

MAX_ATOMS = 5_000
"""Conditions with more checks, macros in place, are left alone; the longest official rule has 250."""

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


def atoms(node: Formula) -> Iterator[Atom]:
    """Every atom of a formula."""
    return leaves(node)


def joined(kind: type[And] | type[Or], parts: Iterable[Formula]) -> Formula:
    """Formulas joined by ``and`` or ``or``, flat."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(part.children if isinstance(part, kind) else (part,))
    return kind(tuple(flat)) if len(flat) > 1 else flat[0]


class Meanings:
    """What checks say, each found out once; the values that they test are numbered."""

    def __init__(self) -> None:
        self._known: dict[Any, Meaning] = {}
        self._keys: dict[Hashable, int] = {}

    def of(self, leaf: Any) -> Meaning:
        """The meaning of a check, compiled for whichever source has its fields."""
        if leaf not in self._known:
            self._known[leaf] = self._numbered(_compiled(leaf))
        return self._known[leaf]

    def of_name(self, leaf: Any) -> Meaning:
        """The meaning of a check of which only the words count."""
        name = (None, leaf)
        if name not in self._known:
            self._known[name] = self._numbered(unknown(name))
        return self._known[name]

    def _numbered(self, found: Meaning) -> Meaning:
        return replace(found, key=self._keys.setdefault(found.key, len(self._keys)))


def _compiled(leaf: Any) -> Meaning:
    for source in () if isinstance(leaf, Identifier) else SOURCES.values():
        try:
            test = Compiler(source).compile(leaf)
        except LanguageError:
            continue
        if isinstance(test, Test):
            return meaning(test)
    return unknown(leaf)


class Builder:
    """Makes formulas of conditions and their parts, of each part once.

    Args:
        macros: what is put in place; other macro names stay names.
        meanings: those of the checks.
        work: counts the checks.
        names_only: whether checks that use lists are names as well.
    """

    def __init__(
        self, macros: Mapping[str, Written], meanings: Meanings, work: Work, *, names_only: bool = False
    ) -> None:
        self.macros, self.meanings, self.work, self.names_only = macros, meanings, work, names_only
        self._measures = measured(macros)
        self._built: dict[tuple[int, bool], tuple[Any, Formula]] = {}

    def formula(self, node: Any, written: Written) -> Formula | None:
        """A part of a condition, or all of it; None when it is too large."""
        size, levels = _measure(node, self._measures)
        if size > MAX_ATOMS or levels > MAX_LEVELS:
            return None
        return self._formula(node, (), written, positive=True)

    def _formula(self, node: Any, path: Path, written: Written, *, positive: bool) -> Formula:
        if path:
            return self._new(node, path, written, positive=positive)
        key = id(node), positive
        if key not in self._built:
            # The node is kept so that no other one gets its id.
            self._built[key] = node, self._new(node, path, written, positive=positive)
        return self._built[key][1]

    def _new(self, node: Any, path: Path, written: Written, *, positive: bool) -> Formula:
        match node:
            case Not(child=child):
                return self._formula(child, path, written, positive=not positive)
            case And(children=children) | Or(children=children):
                parts = [self._formula(child, path, written, positive=positive) for child in children]
                return joined(And if isinstance(node, And) is positive else Or, parts)
            case _:
                return self._clause(node, (*path, (written, node.pos)), positive=positive)

    def _clause(self, clause: Clause, path: Path, *, positive: bool) -> Formula:
        self.work.spend()
        macro = self.macros.get(clause.full.name) if isinstance(clause.full, Identifier) else None
        if macro is not None:
            return self._formula(macro.tree, path, macro, positive=positive)
        is_name = self.names_only and not clause.is_plain
        known = self.meanings.of_name(clause.raw) if is_name else self.meanings.of(clause.full)
        return Atom(known, positive, clause, path)


Measure = tuple[int, int]
"""How many checks a condition has with macros in place, and how many levels of nesting."""

_CHECK = (1, 0)
_TOO_LARGE = (MAX_ATOMS + 1, MAX_LEVELS + 1)


def measured(macros: Mapping[str, Written]) -> dict[str, Measure]:
    """The measures of all macros; macros that lead back to themselves are too large."""
    known: dict[str, Measure] = {}
    for name in macros:
        opened: set[str] = set()
        stack = [name]
        while stack:
            current = stack[-1]
            needed = [] if current in known else list(_unknown(macros[current].tree, macros, known))
            if needed and current not in opened:
                opened.add(current)
                stack += needed
                continue
            stack.pop()
            if current not in known:
                known[current] = _TOO_LARGE if needed else _measure(macros[current].tree, known)
    return known


def _unknown(node: Any, macros: Mapping[str, Written], known: Mapping[str, Measure]) -> Iterator[str]:
    names = (leaf.full.name for leaf in leaves(node) if isinstance(leaf.full, Identifier))
    return (name for name in dict.fromkeys(names) if name in macros and name not in known)


def _measure(node: Any, known: Mapping[str, Measure]) -> Measure:
    fulls = (leaf.full for leaf in leaves(node))
    parts = [known.get(full.name, _CHECK) if isinstance(full, Identifier) else _CHECK for full in fulls]
    size = min(sum(part[0] for part in parts), MAX_ATOMS + 1)
    return size, min(1 + depth(node) + max(part[1] for part in parts), MAX_LEVELS + 1)
