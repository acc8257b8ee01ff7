"""Nothing of the daemon grows without bound: three minutes of churn, and the criterion itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from capture.probe.requirements import missing
from tests.bench.capture_run import cores, official_rules
from tests.soak.churn import soak
from tests.soak.growth import ENTRIES_SLACK, MEMORY_SLACK, MIB, Sample, growing, slope

MINUTES = float(os.environ.get("SOAK", "3"))


def samples_of(
    memory: Callable[[int], float], entries: Callable[[int], float], count: int = 40
) -> list[Sample]:
    return [Sample(at, int(memory(at)), at * 1000, 0, {"table": int(entries(at))}) for at in range(count)]


def test_what_stays_level_does_not_grow() -> None:
    level = samples_of(lambda at: (200 + at % 7) * MIB, lambda at: 10_000 * (at % 10))
    assert growing(level) == []


def test_memory_that_rises_is_told() -> None:
    rising = samples_of(lambda at: 2.0 * at * MEMORY_SLACK / 20, lambda _: 0)
    assert slope(rising) > MEMORY_SLACK
    assert [problem.split(":")[0] for problem in growing(rising)] == ["memory grows"]


def test_a_table_that_rises_is_told_even_if_it_shrinks_a_little_now_and_then() -> None:
    leaking = samples_of(lambda _: MIB, lambda at: 20 * ENTRIES_SLACK * at - 500 * (at % 5))
    assert [problem.split(" grows")[0] for problem in growing(leaking)] == ["table"]


def test_a_table_that_rises_to_a_bound_early_is_not_told() -> None:
    filling = samples_of(lambda _: MIB, lambda at: min(1000 * at, 15_000))
    assert growing(filling) == []


@pytest.mark.e2e
def test_a_daemon_under_churn_does_not_grow(tmp_path: Path) -> None:
    rules = official_rules()
    if (problem := missing()) is not None or rules is None or cores() < 2:
        pytest.skip(problem or "two cores and the rules files of the Falco project are needed")
    samples = soak(tmp_path, rules, MINUTES * 60)
    assert growing(samples) == []
    assert max(sample.memory for sample in samples) < 300 * MIB
    assert samples[-1].events > 100_000 * MINUTES
