"""What is wrong for a while: said once, counted every time."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry

from capture.daemon.troubles import Troubles


def counted(registry: CollectorRegistry) -> tuple[float | None, float | None]:
    labels = {"what": "disk"}
    return (
        registry.get_sample_value("falcolab_troubles_total", labels),
        registry.get_sample_value("falcolab_trouble", labels),
    )


def test_it_is_said_at_its_beginning_and_its_end_and_counted_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = CollectorRegistry()
    troubles = Troubles(registry)
    troubles.watch("disk")
    assert counted(registry) == (0, 0)
    with caplog.at_level(logging.INFO):
        troubles.end("disk")
        for number in range(3):
            troubles.begin("disk", f"full {number}")
        assert troubles.problems() == ["disk: full 2"]
        assert counted(registry) == (3, 1)
        troubles.end("disk")
    assert [record.getMessage() for record in caplog.records] == ["disk: full 0", "disk: this is over"]
    assert troubles.problems() == []
    assert counted(registry) == (3, 0)


def test_several_are_told_in_order() -> None:
    troubles = Troubles(CollectorRegistry())
    troubles.begin("b", "2")
    troubles.begin("a", "1")
    assert troubles.problems() == ["a: 1", "b: 2"]
