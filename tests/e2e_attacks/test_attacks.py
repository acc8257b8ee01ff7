"""Attacks are performed for real while the daemon records, judges and alerts by the official rules."""

from __future__ import annotations

import pytest

from tests.e2e_attacks.catalogue import Attack, read
from tests.e2e_attacks.outcome import Outcome, in_order

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("attack", read(), ids=lambda attack: attack.id)
def test_an_attack_raises_its_rules_live_and_in_the_replay(outcome: Outcome, attack: Attack) -> None:
    if attack.id in outcome.skipped:
        pytest.skip(f"needs {outcome.skipped[attack.id]}")
    assert attack.id not in outcome.failed, outcome.failed[attack.id]
    live, replayed = outcome.of(attack)
    assert attack.rules <= {alert["rule"] for alert in live}
    assert in_order(live) == in_order(replayed)


def test_the_replay_of_the_lake_gives_every_alert_of_the_machine(outcome: Outcome) -> None:
    assert in_order(outcome.live) == in_order(outcome.replayed)


def test_alerts_of_containers_name_them(outcome: Outcome) -> None:
    for attack in (each for each in read() if each.where == "container" and each.id not in outcome.skipped):
        for alert in outcome.of(attack)[0]:
            assert len(alert["output_fields"]["container.id"]) == 12, alert["output"]


def test_nothing_was_lost(outcome: Outcome) -> None:
    assert set(outcome.metrics.values()) == {0.0}
