"""Comparing two rulesets on a lake."""

from __future__ import annotations

from falcolab.api.lake import Lake
from falcolab.api.results import ComparisonResult
from falcolab.rules.ruleset import Ruleset


def compare(lake: Lake, baseline: Ruleset, candidate: Ruleset, *, matching: str = "all") -> ComparisonResult:
    """What changes from ``baseline`` to ``candidate`` on the events of a lake."""
    return lake.compare(baseline, candidate, matching=matching)
