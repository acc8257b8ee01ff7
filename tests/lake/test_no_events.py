"""A capture without events: all its lines were damaged, or none lies in the time that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from falcolab.api.lake import Lake
from falcolab.rules.loader import load_texts, ruleset_of
from falcolab.rules.ruleset import Ruleset
from tests.lake.events import event, lake_of, line

DAMAGED = b'{"kind":"Event","auditID":"a","stage":"ResponseComplete"}\n{"kind":7}\n'
FAR = 10**18
RULES = """
- rule: Any
  desc: d
  condition: ka.verb exists
  output: "%ka.user.name %jevt.obj"
  priority: INFO
  source: k8s_audit
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of(tmp_path, DAMAGED)


def _rules() -> Ruleset:
    return ruleset_of(load_texts([("rules.yaml", RULES)]))


def test_what_was_damaged_is_in_the_quarantine(lake: Lake) -> None:
    (capture,) = lake.captures
    assert (capture.events, capture.rejected, capture.parts, capture.min_time) == (0, 2, (), None)
    (file,) = lake.store.quarantine.iterdir()
    rejected = [json.loads(each) for each in file.read_text().splitlines()]
    assert [(each["line"], each["offset"]) for each in rejected] == [(1, 0), (2, 58)]


def test_a_lake_of_it_answers_every_question(lake: Lake) -> None:
    assert lake.verify() == []
    assert len(lake.match("ka.verb = get or evt.num > 0")) == 0
    assert list(lake.replay(_rules())) == []
    assert lake.replay(_rules()).arrow().num_rows == 0
    assert lake.compare(_rules(), _rules()).totals()["baseline"] == 0
    assert lake.sql("SELECT count(*) AS n FROM events")["n"].tolist() == [0]


def test_beside_another_capture_it_changes_nothing(lake: Lake, tmp_path: Path) -> None:
    log = tmp_path / "good.jsonl"
    log.write_bytes(line(event()))
    Lake.ingest(lake.store.root, log)
    assert len(lake.match("ka.verb = list")) == 1
    assert [alert.message[:5] for alert in lake.replay(_rules())] == ["admin"]
    assert lake.verify() == []


def test_a_period_without_events_has_no_alerts(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, line(event()) + line(event(1, stageTimestamp="2027-11-23T17:13:58.000000Z")))
    (capture,) = lake.captures
    assert capture.min_time is not None
    between = lake.replay(_rules(), since=capture.min_time + 1, until=capture.max_time)
    assert (between.events, list(between)) == (0, [])
    assert list(lake.replay(_rules(), until=FAR)) == []
