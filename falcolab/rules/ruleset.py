"""Rules that are ready to be evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from falcolab.lang.template import Template
from falcolab.lang.typed import TypedCondition
from falcolab.rules.items import ListItem, MacroItem, RuleItem
from falcolab.rules.priority import Priority


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, resolved and typed.

    Attributes:
        name: its name.
        source: ``syscall`` or ``k8s_audit``.
        condition: its condition as text, with appended parts and exceptions, lists and macros by name.
        tree: the condition parsed, lists in place, macros by name.
        typed: the condition with everything in place.
        output: its output template.
        priority: how severe it is.
        tags: sorted.
        description: what it is for.
        enabled: whether it takes part; selection can change that.
        event_types: for syscall rules, the event types that it can be true for.
    """

    name: str
    source: str
    condition: str
    tree: Any
    typed: TypedCondition
    output: Template
    priority: Priority
    tags: tuple[str, ...]
    description: str
    enabled: bool
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of some files, in the order of their first definition.

    Attributes:
        rules: every rule, enabled or not.
        items: the rules as collected, by name, for tools that show where something stands.
        macros: the macros as collected, by name.
        lists: the lists as collected, by name.
        macro_trees: macros parsed and resolved, by name.
    """

    rules: tuple[Rule, ...]
    items: Mapping[str, RuleItem]
    macros: Mapping[str, MacroItem]
    lists: Mapping[str, ListItem]
    macro_trees: Mapping[str, Any]

    def enabled(self, source: str | None = None) -> tuple[Rule, ...]:
        """The rules that take part, of one source or all."""
        return tuple(rule for rule in self.rules if rule.enabled and source in (None, rule.source))

    def with_enabled(self, names: Sequence[str]) -> Ruleset:
        """The same rules, those of ``names`` enabled and no others, in the order of ``names``.

        The order decides which rule wins under first-match.
        """
        by_name = {rule.name: rule for rule in self.rules}
        chosen = tuple(replace(by_name[name], enabled=True) for name in names)
        rest = tuple(replace(rule, enabled=False) for rule in self.rules if rule.name not in set(names))
        return replace(self, rules=chosen + rest)

    def __len__(self) -> int:
        return len(self.rules)

    def __getitem__(self, name: str) -> Rule:
        return next(rule for rule in self.rules if rule.name == name)
