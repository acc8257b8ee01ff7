"""FL006: conditions that no event can satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.fields.catalogue import SYSCALL
from falcolab.fields.event_types import SYSCALL_NAMES
from falcolab.lang.ast import And, Not, Or, Pos, children
from falcolab.lang.eventtypes import ALL, event_types
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.formula import Atom, TooLargeError, atoms
from falcolab.rules.lint.logic import Conflict, conflict, explanation, meeting_place
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Written


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
        if where is written and not _is_placeholder(written, found):
            kind = "macro" if written.is_macro else "rule"
            message = f"the {kind} can never be true: {explanation(found)}"
            yield Problem(message, written.at(pos), _hint(found))


def _parts(node: Any, written: Written, subject: Subject) -> Iterator[Problem]:
    """Parts that contradict themselves by their own words, whatever macros and lists hold."""
    if isinstance(node, Or | Not):
        found = None
    else:
        try:
            found = conflict(subject.names(node, written))
        except TooLargeError:
            return
    if found is None:
        for child in children(node):
            yield from _parts(child, written, subject)
        return
    message = f"this part can never be true: {explanation(found)}"
    yield Problem(message, written.at(meeting_place(found)[1]), _hint(found))


def _conflict(node: Any, written: Written, subject: Subject) -> Conflict | None:
    """The conflict, by the names of macros where that is enough."""
    return conflict(subject.names(written.tree, written)) or conflict(node)


def _is_placeholder(written: Written, found: Conflict) -> bool:
    """Whether it is a macro that is never true by intent: by its name, or until its list is filled."""
    if not written.is_macro:
        return False
    return "never" in written.item.name or (len(found) == 1 and not found[0].clause.is_plain)


def _hint(found: Conflict) -> str:
    if len(found) == 1:
        return "correct the values, or remove it" if found[0].clause.is_plain else "give the list values"
    if any(len(atom.path) > 1 for atom in found):
        return "correct the clause; if the macro is a placeholder, replace it by your own"
    if all(atom.positive for atom in found):
        return "if any of them will do, join them with `or`; else remove one"
    return "remove one of them"


def _without_event_type(written: Written, node: Any) -> Iterator[Problem]:
    item = written.item
    if isinstance(item, RuleItem) and item.source == SYSCALL and not types_of(node):
        message = "the rule can never be true: no event type satisfies its checks of evt.type"
        about = [atom for atom in atoms(node) if atom.meaning.field in ("evt.type", "syscall.type")]
        place = max((atom.path[0][1] for atom in about), key=lambda pos: pos.index, default=Pos())
        yield Problem(message, written.at(place), "join alternatives with `or`, or write two rules")


def types_of(node: Any) -> frozenset[str]:
    """The event types that a formula can be true for; too many rather than too few."""
    if isinstance(node, And | Or):
        sets = [types_of(child) for child in node.children]
        return frozenset.intersection(*sets) if isinstance(node, And) else frozenset.union(*sets)
    return _types_of_atom(node)


def _types_of_atom(atom: Atom) -> frozenset[str]:
    test = atom.meaning.test
    if test is None:
        return ALL
    excludes = atom.positive is (atom.meaning.operator == "!=")
    if excludes and isinstance(test.right, tuple) and not SYSCALL_NAMES.isdisjoint(test.right):
        # System calls without an event type of their own share one.
        return ALL
    return event_types(test if atom.positive else Not(test))
