"""FL008: rules that never fire under first-match, because an earlier rule takes their events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.eventtypes import ALL
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.logic import implies
from falcolab.rules.lint.never import types_of
from falcolab.rules.lint.subject import Problem, Subject


def shadowed(subject: Subject) -> Iterator[Problem]:
    """FL008: an enabled rule whose condition implies that of an earlier one."""
    earlier: dict[str, list[tuple[RuleItem, Any]]] = {}
    for rule in subject.collector.rules.values():
        written = subject.with_exceptions(rule) if rule.enabled else None
        node = subject.formula(written) if written else None
        if node is None:
            continue
        before = earlier.setdefault(rule.source, [])
        first = next((other for other, wider in before if _comes_first(wider, node, rule)), None)
        if first is not None:
            yield _problem(rule, first)
        before.append((rule, node))


def _comes_first(wider: Any, node: Any, rule: RuleItem) -> bool:
    """Whether the earlier condition is true whenever the later is, and is tried before it."""
    if not implies(node, wider):
        return False
    return rule.source != SYSCALL or not _is_generic(wider) or _is_generic(node)


def _is_generic(node: Any) -> bool:
    """Falco tries the rules that name no event type after those that do."""
    return types_of(node) == ALL


def _problem(rule: RuleItem, first: RuleItem) -> Problem:
    message = (
        f"under `rule_matching: first` this rule never fires: every event that it matches goes to the "
        f"earlier rule '{first.name}'"
    )
    hint = "load it before that rule, narrow that rule, or set `rule_matching: all`"
    return Problem(message, rule.context, hint)
