"""falcolab's answers are Falco's, suite by suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.suites import SUITES


@pytest.mark.parametrize("name", list(SUITES))
def test_every_answer_is_that_of_falco(shared: Path, name: str) -> None:
    differing = (each for each in SUITES[name](shared / "conformance") if each.problem and not each.reason)
    assert [f"{each.case}: {each.problem}" for each in differing] == []
