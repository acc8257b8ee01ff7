"""FL008: rules that never fire under first-match, because an earlier rule takes their events."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.ast import And
from falcolab.lang.eventtypes import ALL
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.formula import Atom, Formula, atoms
from falcolab.rules.lint.logic import Logic
from falcolab.rules.lint.never import types_of
from falcolab.rules.lint.subject import Problem, Subject

MAX_VALUES = 50
"""A check of more values does not serve to find the rule."""


def shadowed(subject: Subject) -> Iterator[Problem]:
    """FL008: an enabled rule whose condition implies that of an earlier one."""
    sources: dict[str, _Earlier] = {}
    for rule in subject.collector.rules.values():
        written = subject.with_exceptions(rule) if rule.enabled else None
        node = subject.formula(written) if written else None
        if node is None or subject.logic.conflict(node):
            continue
        earlier = sources.setdefault(rule.source, _Earlier(subject.logic, rule.source))
        first = earlier.wider_than(node)
        if first is not None:
            yield _problem(rule, first)
        earlier.add(rule, node)


class _Earlier:
    """The rules so far, each found by something that a later one must say to imply it."""

    def __init__(self, logic: Logic, source: str) -> None:
        self.logic, self.source = logic, source
        self.rules: list[tuple[RuleItem, Formula]] = []
        self.by_hook: dict[Hashable, list[int]] = {}

    def add(self, rule: RuleItem, node: Formula) -> None:
        """Take a rule in under the check that fewest rules so far are found by."""
        offered = [_offered(atom) for atom in _required(node)] or [[None]]
        for hook in min(offered, key=self._crowd):
            self.by_hook.setdefault(hook, []).append(len(self.rules))
        self.rules.append((rule, node))

    def _crowd(self, hooks: list[Hashable]) -> int:
        return sum(len(self.by_hook.get(hook, ())) for hook in hooks)

    def wider_than(self, node: Formula) -> RuleItem | None:
        """The first rule that is tried before and is true whenever the formula is."""
        hooks = {None, *(hook for atom in atoms(node) for hook in _sought(atom))}
        for position in sorted({rule for hook in hooks for rule in self.by_hook.get(hook, ())}):
            rule, wider = self.rules[position]
            if self.logic.implies(node, wider) and self._is_tried_before(wider, node):
                return rule
        return None

    def _is_tried_before(self, wider: Formula, node: Formula) -> bool:
        """Falco tries rules that name no event type after those that do."""
        return self.source != SYSCALL or types_of(wider) != ALL or types_of(node) == ALL


def _required(node: Formula) -> list[Atom]:
    """The checks without which a formula is not true."""
    children = node.children if isinstance(node, And) else (node,)
    return [child for child in children if isinstance(child, Atom)]


def _offered(atom: Atom) -> list[Hashable]:
    """What to find an earlier rule by: each value that this check allows, or else what it tests."""
    key, values = atom.meaning.key, atom.meaning.values
    if atom.positive and values is not None and len(values) <= MAX_VALUES:
        return [(key, value) for value in values]
    return [key]


def _sought(atom: Atom) -> Iterator[Hashable]:
    """What may lead to an earlier rule: what is tested, and a value, for that rule must allow it as well."""
    yield atom.meaning.key
    if atom.positive and atom.meaning.values:
        yield atom.meaning.key, atom.meaning.values[0]


def _problem(rule: RuleItem, first: RuleItem) -> Problem:
    message = (
        f"under `rule_matching: first` this rule never fires: every event that it matches goes to the "
        f"earlier rule '{first.name}'"
    )
    hint = "load it before that rule, narrow that rule, or set `rule_matching: all`"
    return Problem(message, rule.context, hint)
