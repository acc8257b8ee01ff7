"""Attacks are performed for real while the daemon records, judges and alerts by the official rules."""

from __future__ import annotations

import pytest

from tests.e2e_attacks.catalogue import Attack, read
from tests.e2e_attacks.outcome import Outcome, in_order

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("attack", read(), ids=lambda attack: attack.id)
def test_an_attack_raises_its_rules_live_and_in_the_replay(outcome: Outcome, attack: Attack) -> None:
    tried = outcome.tries[attack.id]
    if tried.missing:
        pytest.skip(f"needs {tried.missing}")
    assert not tried.problem
    live, replayed = outcome.of(attack)
    assert attack.rules <= {alert["rule"] for alert in live}
    assert in_order(live) == in_order(replayed)
    if attack.where != "cluster":
        assert {alert["output_fields"]["container.id"] for alert in live} == {tried.container}


def test_the_replay_of_the_lake_gives_every_alert_of_the_machine(outcome: Outcome) -> None:
    assert in_order(outcome.live) == in_order(outcome.replayed)


def test_nothing_was_lost(outcome: Outcome) -> None:
    troubles = {name: times for name, times in outcome.metrics.items() if "_troubles_total{" in name}
    assert outcome.metrics["falcosecurity_scap_n_drops_total"] == 0
    assert troubles == dict.fromkeys(troubles, 0.0)
    assert troubles
