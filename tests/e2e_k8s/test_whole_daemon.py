"""The daemon as people run it takes the events of a real API server into the lake, whatever happens to it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

import falcolab
from tests.e2e_attacks.daemon import Recording
from tests.e2e_k8s.cluster import CACHE, running
from tests.e2e_k8s.daemon import ask, wait_until

pytestmark = pytest.mark.e2e

RULES = """
- rule: Config map asked for
  desc: tells which requests have been judged
  condition: ka.target.resource = configmaps and ka.verb = get
  output: "asked for %ka.target.name"
  priority: NOTICE
  source: k8s_audit
"""
CHANGES = {"syscalls": {"enabled": False}, "containers": {"enabled": False}, "rotation": {"seconds": 3}}


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    if not (CACHE / "kube-apiserver").exists() or shutil.which("etcd") is None:
        pytest.skip("needs etcd and a kube-apiserver: make e2e-k8s builds it")
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    (tmp_path / "daemon").mkdir()
    return Recording(tmp_path / "daemon", [rules], CHANGES)


def test_a_daemon_that_is_killed_and_gone_for_a_minute_has_every_event_once(
    recording: Recording, tmp_path: Path
) -> None:
    with running(tmp_path / "cluster", recording.webhook) as api:
        with recording.running() as process:
            asked = ask(api, "before", 503, seconds=5)
            process.kill()
        asked += ask(api, "gone", 2003, seconds=60)
        with recording.running():
            wait_until(lambda: _judged(recording) >= set(asked[503:]), 120)
        assert (api.errors("webhook"), api.errors("buffered")) == (0, 0)
        logged = api.log.read_text().splitlines()
    assert _judged(recording) >= set(asked[503:])
    assert _in_lake(recording.lake) == _in_log(logged)
    assert Counter(name for name, _ in _in_lake(recording.lake).elements()) == Counter(asked)


def _judged(recording: Recording) -> set[str]:
    return {alert["message"].removeprefix("asked for ") for alert in recording.alerts()}


def _in_lake(lake: Path) -> Counter[tuple[str, str]]:
    """Names and audit ids of the config maps that were asked for."""
    found = falcolab.Lake(lake).sql(
        """select "ka.target.name" as name, "ka.auditid" as id from flat_k8s_audit
        where "ka.target.resource" = 'configmaps' and "ka.target.namespace" = 'default'"""
    )
    return Counter(zip(found.name, found.id, strict=True))


def _in_log(lines: list[str]) -> Counter[tuple[str, str]]:
    """The same, as the API server wrote it down itself."""
    events = [event for event in map(json.loads, lines) if "/default/configmaps/" in event["requestURI"]]
    return Counter((event["objectRef"]["name"], event["auditID"]) for event in events)
