"""Sound, incomplete reasoning about formulas: what implies what, and what can never be true."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from falcolab.lang.ast import And, Or, Pos
from falcolab.rules.lint.formula import Atom
from falcolab.rules.lint.meaning import disjoint, included
from falcolab.rules.lint.written import Written

MAX_FACTS = 200
"""How many checks of one value are compared with each other; more are ignored."""

Conflict = tuple[Atom, ...]


def atom_implies(one: Atom, other: Atom) -> bool:
    """Whether the truth of one check or negation entails that of another."""
    match one.positive, other.positive:
        case True, True:
            return included(one.meaning, other.meaning)
        case False, False:
            return included(other.meaning, one.meaning)
        case True, False:
            return disjoint(one.meaning, other.meaning)
        case _:
            # A negation is also true of an absent value, for which no check is.
            return False


def excludes(one: Atom, other: Atom) -> bool:
    """Whether two checks or negations are never true together."""
    match one.positive, other.positive:
        case True, True:
            return disjoint(one.meaning, other.meaning)
        case True, False:
            return included(one.meaning, other.meaning)
        case False, True:
            return included(other.meaning, one.meaning)
        case _:
            return False


def implies(one: Any, other: Any) -> bool:
    """Whether the truth of one formula entails that of another; false also when unknown."""
    return _Implication().holds(one, other)


class _Implication:
    def __init__(self) -> None:
        self.known: dict[tuple[int, int], bool] = {}

    def holds(self, one: Any, other: Any) -> bool:
        if isinstance(one, Atom) and isinstance(other, Atom):
            return atom_implies(one, other)
        key = id(one), id(other)
        if key not in self.known:
            self.known[key] = self._search(one, other)
        return self.known[key]

    def _search(self, one: Any, other: Any) -> bool:
        if isinstance(one, Or):
            return all(self.holds(child, other) for child in one.children)
        if isinstance(other, And):
            return all(self.holds(one, child) for child in other.children)
        if isinstance(one, And) and any(self.holds(child, other) for child in one.children):
            return True
        return isinstance(other, Or) and any(self.holds(one, child) for child in other.children)


class _Facts:
    """Atoms that are true together, by the value that they are about."""

    def __init__(self, by_key: dict[Hashable, tuple[Atom, ...]] | None = None) -> None:
        self.by_key = by_key or {}

    def copy(self) -> _Facts:
        return _Facts(dict(self.by_key))

    def about(self, atom: Atom) -> tuple[Atom, ...]:
        return self.by_key.get(atom.meaning.key, ())

    def add(self, atom: Atom) -> Conflict | None:
        """Take a further atom to be true; the conflict with the others, if there is one."""
        if atom.positive and atom.meaning.is_never_true:
            return (atom,)
        others = self.about(atom)
        for other in others:
            if excludes(other, atom):
                return (other, atom)
        if len(others) >= MAX_FACTS:
            return None
        self.by_key[atom.meaning.key] = (*others, atom)
        return _exhausted(self.about(atom))


def _exhausted(together: tuple[Atom, ...]) -> Conflict | None:
    """The atoms, when one of them lists all its values and the others leave none of these."""
    listing = next((atom for atom in together if atom.positive and atom.meaning.values is not None), None)
    if listing is None or len(together) < 3:
        return None
    judges = [atom for atom in together if atom.meaning.holds is not None]
    left = listing.meaning.values or ()
    for judge in judges:
        left = tuple(value for value in left if judge.meaning.holds(value) is judge.positive)  # type: ignore[misc]
    return None if left else tuple(judges)


def conflict(node: Any, facts: _Facts | None = None) -> Conflict | None:
    """The atoms for which a formula can never be true; None when it may be."""
    facts = facts or _Facts()
    match node:
        case And(children=children):
            return _conflict_of_all(children, facts)
        case Or(children=children):
            return _conflict_of_each(children, facts)
        case _:
            return facts.copy().add(node)


def _conflict_of_all(children: Iterable[Any], facts: _Facts) -> Conflict | None:
    known, groups = facts.copy(), []
    for child in children:
        if isinstance(child, Or):
            groups.append(child)
        elif found := known.add(child):
            return found
    return next((found for group in groups if (found := conflict(group, known))), None)


def _conflict_of_each(children: Iterable[Any], facts: _Facts) -> Conflict | None:
    together: dict[Atom, None] = {}
    for child in children:
        found = conflict(child, facts)
        if found is None:
            return None
        together.update(dict.fromkeys(found))
    return tuple(together)


def meeting_place(found: Conflict) -> tuple[Written, Pos]:
    """The innermost condition in which all atoms come together, and the place of the last one there."""
    written, places = meeting_places(found)
    return written, max(places, key=lambda pos: pos.index)


def meeting_places(found: Conflict) -> tuple[Written, list[Pos]]:
    """The innermost condition in which all atoms come together, and the place of each one there."""
    level = 0
    while len({atom.path[level] for atom in found}) == 1 and all(atom.path[level + 1 :] for atom in found):
        level += 1
    return found[0].path[level][0], [atom.path[level][1] for atom in found]


def explanation(found: Conflict) -> str:
    """Why the atoms cannot be true together, as a sentence part."""
    if len(found) == 1:
        return f"{found[0]} is never true"
    shown = " and ".join(map(str, found[:3])) + (" and others" if len(found) > 3 else "")
    return f"{shown} are never true together"
