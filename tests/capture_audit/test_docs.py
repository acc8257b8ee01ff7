"""The pages name what there is."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from capture.audit.metrics import Metrics
from tests.shared_data import ROOT

PAGE = (ROOT / "docs/audit-intake.md").read_text()
DEPLOY = ROOT / "capture/deploy/audit"


def test_every_metric_is_explained() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    there = {
        metric.name.removeprefix("falcolab_audit_") + ("_total" if metric.type == "counter" else "")
        for metric in registry.collect()
    }
    assert there == set(re.findall(r"`(\w+)(?:\{\w+\})?`(?=[,\w ].*\|)", PAGE.split("## Metrics")[1]))


def test_every_reason_of_a_refusal_is_in_the_table() -> None:
    sources = [ROOT / f"capture/audit/{name}.py" for name in ("refusal", "body", "webhook")]
    told = {reason for file in sources for reason in re.findall(r'Error\(\d+, "(\w+)"', file.read_text())}
    assert len(told) == 7
    assert told <= set(re.findall(r"`(\w+)` \|", PAGE))


def test_every_file_is_named_on_the_page_that_says_how_to_use_it() -> None:
    page = (DEPLOY / "README.md").read_text()
    assert all(file.name in page for file in DEPLOY.glob("*.yaml"))
