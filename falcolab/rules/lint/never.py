"""FL006: conditions that no event can satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.fields.catalogue import SYSCALL
from falcolab.fields.event_types import SYSCALL_NAMES
from falcolab.lang.ast import And, Not, Or, Pos, children
from falcolab.lang.eventtypes import ALL, EVENT_TYPE_FIELDS, event_types
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.formula import Atom, Formula, atoms
from falcolab.rules.lint.logic import Conflict, explanation, meeting_place
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Clause, Written

_OPEN_NAMES = frozenset({"allowed", "consider", "custom", "known", "trusted", "user"})
"""First words of the names of macros that users are asked to replace."""


def never_true(subject: Subject) -> Iterator[Problem]:
    """FL006: a condition, or a part of one, that contradicts itself."""
    for written in subject.conditions:
        node = subject.formula(written)
        if node is None:
            continue
        found = _conflict(node, written, subject)
        if found is None:
            yield from _without_event_type(written, node)
            yield from _parts(written.tree, written, subject)
            continue
        where, pos = meeting_place(found)
        if where is written and not _is_never_by_name(written):
            kind = "macro" if written.is_macro else "rule"
            message = f"the {kind} can never be true: {explanation(found)}"
            yield Problem(message, written.at(pos), _hint(found))


def _conflict(node: Formula, written: Written, subject: Subject) -> Conflict | None:
    """The conflict, by the names of macros where that is enough."""
    named = subject.names(written.tree, written)
    by_names = None if named is None else subject.logic.conflict(named)
    return by_names or subject.logic.conflict(node, ignored=_is_placeholder)


def _is_placeholder(atom: Atom) -> bool:
    """Whether a check switches its rule off by intent, until users fill something in.

    That is what an empty list does, and ``not`` before a macro that is always true.
    """
    if atom.positive:
        return atom.meaning.values == () and not atom.clause.is_plain
    return atom.meaning.operator == "exists" and _is_open(atom.path[-1][0])


def _is_open(written: Written) -> bool:
    """Whether it is a macro of one check that is called like one to be replaced."""
    alone = written.is_macro and isinstance(written.tree, Clause)
    return alone and written.item.name.split("_", 1)[0] in _OPEN_NAMES


def _is_never_by_name(written: Written) -> bool:
    """Whether it is a macro that says itself that it is never true."""
    return written.is_macro and "never" in written.item.name


def _parts(node: Any, written: Written, subject: Subject) -> Iterator[Problem]:
    """Parts that contradict themselves by their own words, whatever macros and lists hold."""
    named = None if isinstance(node, Or | Not) else subject.names(node, written)
    found = None if named is None else subject.logic.conflict(named)
    if found is None:
        for child in children(node):
            yield from _parts(child, written, subject)
        return
    message = f"this part can never be true: {explanation(found)}"
    yield Problem(message, written.at(meeting_place(found)[1]), _hint(found))


def _hint(found: Conflict) -> str:
    if len(found) == 1:
        return "correct the values, or remove it"
    if any(len(atom.path) > 1 for atom in found):
        return "correct the clause; if the macro is a placeholder, replace it by your own"
    if all(atom.positive for atom in found):
        return "if any of them will do, join them with `or`; else remove one"
    return "remove one of them"


def _without_event_type(written: Written, node: Formula) -> Iterator[Problem]:
    item = written.item
    if isinstance(item, RuleItem) and item.source == SYSCALL and not types_of(node):
        message = "the rule can never be true: no event type satisfies its checks of evt.type"
        about = [atom for atom in atoms(node) if atom.meaning.field in EVENT_TYPE_FIELDS]
        place = max((atom.path[0][1] for atom in about), key=lambda pos: pos.index, default=Pos())
        yield Problem(message, written.at(place), "join alternatives with `or`, or write two rules")


def types_of(node: Formula) -> frozenset[str]:
    """The event types that a formula can be true for; too many rather than too few."""
    if isinstance(node, And | Or):
        sets = [types_of(child) for child in node.children]
        return frozenset.intersection(*sets) if isinstance(node, And) else frozenset.union(*sets)
    return _types_of_atom(node)


def _types_of_atom(atom: Atom) -> frozenset[str]:
    test = atom.meaning.test
    if test is None or atom.meaning.field not in EVENT_TYPE_FIELDS:
        return ALL
    excludes = atom.positive is (atom.meaning.operator == "!=")
    if excludes and isinstance(test.right, tuple) and not SYSCALL_NAMES.isdisjoint(test.right):
        # System calls without an event type of their own share one.
        return ALL
    return event_types(test if atom.positive else Not(test))
