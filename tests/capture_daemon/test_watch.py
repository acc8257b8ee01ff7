"""Steps of the clock."""

from __future__ import annotations

import pytest

from capture.daemon.watch import ClockWatch

SECOND = 10**9


@pytest.mark.parametrize("seconds", [-3600.0, -0.06, 0.06, 86400.0])
def test_a_step_is_told_once_with_its_direction(seconds: float) -> None:
    booted = [10**18]
    watch = ClockWatch(lambda: booted[0])
    booted[0] += round(seconds * SECOND)
    assert watch.step() == pytest.approx(seconds)
    assert watch.step() == 0.0


def test_corrections_count_when_they_have_added_up() -> None:
    booted = [10**18]
    watch = ClockWatch(lambda: booted[0])
    steps = []
    for _ in range(12):
        booted[0] += SECOND // 100
        steps.append(watch.step())
    assert [step for step in steps if step] == pytest.approx([0.05, 0.05])
