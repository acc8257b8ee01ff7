"""The catalogue holds together; what it does is tested where there is root."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import falcolab
from tests.e2e_attacks.catalogue import FOLDER, Attack, read
from tests.e2e_attacks.rules import FILES
from tests.shared_data import ROOT

ATTACKS = read()
UNREACHED = set(tomllib.loads((FOLDER / "unreached.toml").read_text())["rules"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_an_attack_says_what_it_is(attack: Attack) -> None:
    assert re.fullmatch(r"(T\d{4}(\.\d{3})?)", attack.technique)
    assert attack.where in {"host", "container", "cluster"}
    assert attack.rules
    assert [bool(attack.script), bool(attack.command), bool(attack.request)].count(True) == 1
    assert bool(attack.request) == (attack.where == "cluster")
    assert not attack.options or attack.where == "container"


def test_ids_are_told_apart() -> None:
    assert Counter(attack.id for attack in ATTACKS).most_common(1)[0][1] == 1


def test_every_official_rule_is_raised_by_an_attack_or_said_to_be_out_of_reach(official_rules: Path) -> None:
    known = {rule.name for rule in falcolab.load_rules(*(official_rules / name for name in FILES)).rules}
    raised = {rule for attack in ATTACKS for rule in attack.rules}
    assert raised & UNREACHED == set()
    assert raised | UNREACHED == known


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_the_page_on_attacks_has_it(attack: Attack) -> None:
    rules = "; ".join(sorted(attack.rules))
    row = f"| `{attack.id}` | {attack.name} | {attack.where} | {attack.technique} | {rules} |"
    assert row in (ROOT / "docs/attacks.md").read_text().splitlines()
