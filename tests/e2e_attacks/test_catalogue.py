"""The catalogue holds together; what it does is tested where there is root."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import falcolab
from tests.e2e_attacks.catalogue import Attack, read
from tests.e2e_attacks.rules import FILES

ATTACKS = read()


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


def test_the_rules_that_are_named_exist(official_rules: Path) -> None:
    known = {rule.name for rule in falcolab.load_rules(*(official_rules / name for name in FILES)).rules}
    assert {rule for attack in ATTACKS for rule in attack.rules} <= known
