"""The page names what there is."""

from __future__ import annotations

import re
from dataclasses import astuple

from prometheus_client import CollectorRegistry

from capture.containers import Metrics, Sockets
from tests.shared_data import ROOT

PAGE = (ROOT / "docs/containers.md").read_text()


def test_every_metric_is_explained() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    there = {
        metric.name.removeprefix("falcolab_containers_") + ("_total" if metric.type == "counter" else "")
        for metric in registry.collect()
    }
    assert there == set(re.findall(r"^\| `(\w+)(?:\{\w+\})?`", PAGE.split("## Metrics")[1], re.MULTILINE))


def test_the_sockets_are_named_in_their_order() -> None:
    paths = [str(path) for group in astuple(Sockets()) for path in group]
    assert re.findall(r"`(/[\w/.]+\.sock)`", PAGE.split("## Sources")[1].split("##")[0]) == paths
