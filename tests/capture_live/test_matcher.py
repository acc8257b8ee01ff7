"""The live engine and a replay of the same events say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcolab import Lake, Ruleset, load_rules
from falcolab.engine.alerts import Alert
from tests.capture_live.feeding import BUNDLED, live_alerts


def said(alert: Alert) -> dict[str, object]:
    told = alert.as_json("host")
    return {**told, "output_fields": {k: v for k, v in alert.fields.items() if k != "evt.reltime"}}


def assert_same(capture: Path, rules: Ruleset, tick: int, folder: Path) -> None:
    Lake.ingest_scap(folder, capture)
    replayed = [said(alert) for alert in Lake(folder).replay(rules, matching="first")]
    assert replayed
    assert [said(alert) for alert in live_alerts(capture, rules.enabled("syscall"), tick=tick)] == replayed


@pytest.mark.parametrize("tick", [70, 1000, 10**6])
def test_the_bundled_capture_raises_the_same_alerts(tick: int, tmp_path: Path) -> None:
    assert_same(BUNDLED / "capture.scap", load_rules(BUNDLED / "10-host-rules.yaml"), tick, tmp_path)


def test_attacks_raise_the_same_alerts_of_the_official_rules(
    shared: Path, official_rules: Path, tmp_path: Path
) -> None:
    rules = load_rules(*sorted(official_rules.glob("falco*.yaml")))
    capture = shared / "conformance" / "captures" / "scap" / "live__attack_a.scap"
    assert_same(capture, rules, 500, tmp_path)
