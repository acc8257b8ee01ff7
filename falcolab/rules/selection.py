"""Which rules take part: by name with ``*``, by tag, by priority; later choices win.

Source: the ``rules`` section of falco.yaml and ``indexable_ruleset.h`` of
falcosecurity/falco. A rule that is switched off and on again goes to the end of its
event type's list, which matters under first-match.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from falcolab.rules.priority import Priority
from falcolab.rules.ruleset import Rule, Ruleset


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of a selection: switch rules on or off by name pattern or by tag.

    Attributes:
        enable: on or off.
        rule: a name in which ``*`` stands for any text, or None.
        tag: a tag, or None.
    """

    enable: bool
    rule: str | None = None
    tag: str | None = None

    def applies_to(self, rule: Rule) -> bool:
        """Whether it is about this rule."""
        if self.tag is not None:
            return self.tag in rule.tags
        return self.rule is not None and matches_wildcard(self.rule, rule.name)


def matches_wildcard(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern, taking for each piece its first occurrence, as Falco does.

    Source: ``matches_wildcard`` of ``userspace/engine/falco_utils.cpp``.
    """
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        position = text.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    if not last:
        return True
    found = text.find(last, position)
    return found >= 0 and found + len(last) == len(text)


def select(
    ruleset: Ruleset, choices: Iterable[Choice] = (), min_priority: Priority = Priority.DEBUG
) -> Ruleset:
    """The ruleset with the choices applied, one after the other, and less severe rules switched off."""
    eligible = [rule for rule in ruleset.rules if rule.priority <= min_priority]
    names = [rule.name for rule in eligible if rule.enabled]
    for choice in choices:
        names = _apply(choice, names, eligible)
    return ruleset.with_enabled(names)


def _apply(choice: Choice, names: list[str], rules: Sequence[Rule]) -> list[str]:
    concerned = [rule.name for rule in rules if choice.applies_to(rule)]
    if not choice.enable:
        return [name for name in names if name not in set(concerned)]
    return names + [name for name in concerned if name not in set(names)]
