"""Sound, incomplete reasoning about formulas: what implies what, and what can never be true."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from falcolab.lang.ast import And, Or, Pos
from falcolab.rules.lint.formula import Atom, Formula
from falcolab.rules.lint.meaning import disjoint, included
from falcolab.rules.lint.work import Work
from falcolab.rules.lint.written import Written

MAX_FACTS = 100
"""How many checks of one value are compared with each other; more are ignored."""

Conflict = tuple[Atom, ...]
"""Checks that are never true together."""


class Logic:
    """Relations of formulas; every comparison of two checks is a step of work."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def implies(self, one: Formula, other: Formula) -> bool:
        """Whether the truth of one formula entails that of another; false also when unknown."""
        return self._holds(one, other, {})

    def _holds(self, one: Any, other: Any, known: dict[tuple[int, int], bool]) -> bool:
        if isinstance(one, Atom) and isinstance(other, Atom):
            return self._entails(one, other)
        key = id(one), id(other)
        if key not in known:
            known[key] = self._search(one, other, known)
        return known[key]

    def _search(self, one: Any, other: Any, known: dict[tuple[int, int], bool]) -> bool:
        if isinstance(one, Or):
            return all(self._holds(child, other, known) for child in one.children)
        if isinstance(other, And):
            return all(self._holds(one, child, known) for child in other.children)
        if isinstance(one, And) and any(self._holds(child, other, known) for child in one.children):
            return True
        return isinstance(other, Or) and any(self._holds(one, child, known) for child in other.children)

    def _entails(self, one: Atom, other: Atom) -> bool:
        """The same for two checks or negations."""
        self.work.spend()
        if one.meaning.key != other.meaning.key:
            return False
        self.work.spend(one.meaning.weight + other.meaning.weight)
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

    def conflict(self, node: Formula, *, ignored: Callable[[Atom], bool] | None = None) -> Conflict | None:
        """The checks for which a formula can never be true; None when it may be.

        Args:
            node: the formula.
            ignored: checks that do not count.
        """
        return _Search(self.work, ignored or _none).conflict(node, {})


def _none(_atom: Atom) -> bool:
    return False


class _Known(NamedTuple):
    """What is known of one value.

    Attributes:
        atoms: what is true of it.
        left: the values that it may still have, when they can be listed.
    """

    atoms: tuple[Atom, ...] = ()
    left: tuple[Any, ...] | None = None


_Facts = dict[Hashable, _Known]
"""What is true together, by the value that it is about."""


class _Search:
    def __init__(self, work: Work, ignored: Callable[[Atom], bool]) -> None:
        self.work, self.ignored = work, ignored

    def conflict(self, node: Formula, facts: _Facts) -> Conflict | None:
        match node:
            case And(children=children):
                return self._of_all(children, facts)
            case Or(children=children):
                return self._of_each(children, facts)
            case _:
                return self._with(node, facts)[0]

    def _of_all(self, children: Iterable[Formula], facts: _Facts) -> Conflict | None:
        together, groups = dict(facts), []
        for child in children:
            if isinstance(child, Atom):
                found, known = self._with(child, together)
                if found:
                    return found
                together[child.meaning.key] = known
            else:
                groups.append(child)
        return next((found for group in groups if (found := self.conflict(group, together))), None)

    def _of_each(self, children: Iterable[Formula], facts: _Facts) -> Conflict | None:
        together: dict[Atom, None] = {}
        for child in children:
            found = self.conflict(child, facts)
            if found is None:
                return None
            together.update(dict.fromkeys(found))
        return tuple(together)

    def _with(self, atom: Atom, facts: _Facts) -> tuple[Conflict | None, _Known]:
        """The conflict of a further check with the facts, if there is one; what is known then."""
        known = facts.get(atom.meaning.key, _Known())
        if self.ignored(atom):
            return None, known
        if atom.positive and atom.meaning.is_never_true:
            return (atom,), known
        self.work.spend(1 + len(known.atoms))
        for other in known.atoms:
            if other.meaning is atom.meaning and other.positive is atom.positive:
                return None, known
            if self._excludes(other, atom):
                return (other, atom), known
        if len(known.atoms) >= MAX_FACTS:
            return None, known
        together = (*known.atoms, atom)
        left = self._left(known, atom)
        return (_judges(together) if left == () else None), _Known(together, left)

    def _excludes(self, one: Atom, other: Atom) -> bool:
        """Whether two checks or negations are never true together."""
        if not one.positive and not other.positive:
            return False
        self.work.spend(one.meaning.weight + other.meaning.weight)
        match one.positive, other.positive:
            case True, True:
                return disjoint(one.meaning, other.meaning)
            case True, False:
                return included(one.meaning, other.meaning)
            case _:
                return included(other.meaning, one.meaning)

    def _left(self, known: _Known, atom: Atom) -> tuple[Any, ...] | None:
        judges: Conflict = (atom,)
        left = known.left
        if left is None:
            judges, left = _judges(known.atoms), atom.meaning.values if atom.positive else None
        if left is None:
            return None
        for judge in judges:
            self.work.spend(len(left))
            left = tuple(value for value in left if _allows(judge, value))
        return left


def _judges(together: Iterable[Atom]) -> Conflict:
    return tuple(atom for atom in together if atom.meaning.holds is not None)


def _allows(atom: Atom, value: Any) -> bool:
    holds = atom.meaning.holds
    return holds is None or holds(value) is atom.positive


def meeting_place(found: Conflict) -> tuple[Written, Pos]:
    """The innermost condition in which all checks come together, and the place of the last one there."""
    written, places = meeting_places(found)
    return written, max(places, key=lambda pos: pos.index)


def meeting_places(found: Conflict) -> tuple[Written, list[Pos]]:
    """The innermost condition in which all checks come together, and the place of each one there."""
    level = 0
    while len({atom.path[level] for atom in found}) == 1 and all(atom.path[level + 1 :] for atom in found):
        level += 1
    return found[0].path[level][0], [atom.path[level][1] for atom in found]


def explanation(found: Conflict) -> str:
    """Why the checks cannot be true together, as a sentence part."""
    if len(found) == 1:
        return f"{found[0]} is never true"
    shown = " and ".join(map(str, found[:3])) + (" and others" if len(found) > 3 else "")
    return f"{shown} are never true together"
