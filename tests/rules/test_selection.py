"""Which rules take part, and in which order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from falcolab.rules.loader import load_texts
from falcolab.rules.priority import Priority
from falcolab.rules.ruleset import Ruleset
from falcolab.rules.selection import Choice, matches_wildcard, select
from tests.tables import table

HERE = Path(__file__).parent
RULES = """
- {rule: Read file, desc: d, output: o, priority: ERROR, condition: evt.type = open, tags: [fs]}
- {rule: Read dir, desc: d, output: o, priority: WARNING, condition: evt.type = open, tags: [fs, dir]}
- {rule: Write file, desc: d, output: o, priority: DEBUG, condition: evt.type = open, tags: [fs]}
- {rule: Shell, desc: d, output: o, priority: NOTICE, condition: evt.type = open, tags: [fs2]}
- {rule: Off file, desc: d, output: o, priority: DEBUG, condition: evt.type = open, enabled: false}
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    found = load_texts([("rules.yaml", RULES)]).ruleset
    assert found is not None
    return found


def choice(step: str) -> Choice:
    what = step[1:]
    enable = step[0] == "+"
    return Choice(enable, tag=what[1:]) if what.startswith("#") else Choice(enable, rule=what)


@pytest.mark.parametrize(("pattern", "text", "expected"), table(HERE / "wildcards.txt", "  =>  "))
def test_only_the_asterisk_is_a_wildcard(pattern: str, text: str, expected: str) -> None:
    assert matches_wildcard(pattern, text) is (expected == "yes")


@pytest.mark.parametrize(("steps", "expected"), table(HERE / "selections.txt", "  =>"))
def test_later_choices_win(steps: str, expected: str, rules: Ruleset) -> None:
    level, *choices = re.split(r" (?=[+-])", steps)
    found = select(rules, map(choice, choices), Priority[level])
    assert ", ".join(rule.name for rule in found.enabled()) == expected
    assert sorted(rule.name for rule in found.rules) == sorted(rule.name for rule in rules.rules)


def test_rules_are_chosen_by_source(rules: Ruleset) -> None:
    assert rules.enabled("k8s_audit") == ()
    assert rules.enabled("syscall") == rules.enabled()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("emergency", Priority.EMERGENCY),
        ("Critical", Priority.CRITICAL),
        ("INFO", Priority.INFORMATIONAL),
        ("Informational", Priority.INFORMATIONAL),
        ("debug", Priority.DEBUG),
        ("warn", None),
        ("err", None),
        ("", None),
        ("3", None),
        (" error", None),
        ("\u0131nfo", None),
    ],
)
def test_priorities_are_told_by_their_whole_names(text: str, expected: Priority | None) -> None:
    assert Priority.parse(text) is expected


def test_the_most_severe_priority_is_the_smallest() -> None:
    assert [level.label for level in sorted(Priority)] == [
        "Emergency",
        "Alert",
        "Critical",
        "Error",
        "Warning",
        "Notice",
        "Informational",
        "Debug",
    ]
