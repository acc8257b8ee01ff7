"""What rules become: appended, replaced, excepted, with lists in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falcolab.lang.ast import Not, fold
from falcolab.lang.printer import to_text
from falcolab.lang.typed import TypedCondition
from falcolab.rules.loader import load_texts
from falcolab.rules.ruleset import Rule, Ruleset
from tests.tables import Case, book

HERE = Path(__file__).parent
OF_RULE: dict[str, Callable[[Rule], object]] = {
    "text": lambda rule: rule.condition,
    "tree": lambda rule: to_text(rule.tree),
    "typed": lambda rule: typed_text(rule.typed),
    "desc": lambda rule: rule.description,
    "output": lambda rule: rule.output.text,
    "priority": lambda rule: rule.priority.name,
    "tags": lambda rule: ", ".join(rule.tags),
    "enabled": lambda rule: rule.enabled,
    "source": lambda rule: rule.source,
    "types": lambda rule: ", ".join(sorted(rule.event_types)),
}


def typed_text(node: TypedCondition) -> str:
    def inner(node: Any, below: list[str]) -> str:
        return (
            f"not {below[0]}"
            if isinstance(node, Not)
            else f"({f' {type(node).__name__.lower()} '.join(below)})"
        )

    text: str = fold(node, lambda test: test.text, inner)
    return text


def loaded(content: str) -> Ruleset:
    found = load_texts([("rules.yaml", content)])
    assert found.ruleset is not None, found.results[0].errors
    return found.ruleset


def answer(question: str, rules: Ruleset) -> str:
    what, _, name = question.partition(" ")
    if what == "rules":
        return ", ".join(rule.name for rule in rules.rules)
    if what == "macro":
        return to_text(rules.macro_trees[name])
    return str(OF_RULE[what](rules[name]))


@pytest.mark.parametrize("case", book(HERE / "conditions.txt"))
def test_rules_become_what_falco_makes_of_them(case: Case) -> None:
    content, _, text = case.text.rpartition("=>\n")
    rules = loaded(content)
    for line in text.strip().splitlines():
        question, _, expected = line.partition(":")
        assert answer(question, rules).strip() == expected.strip(), question
