"""Fixtures that find the reference data; without it their tests are skipped, in CI they fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import shared_data


def _require(folder: Path | None, what: str) -> Path:
    if folder is None:
        message = f"needs {what}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    return _require(shared_data.shared(), "Falco's recorded verdicts in ../shared or $FALCOLAB_SHARED")


@pytest.fixture(scope="session")
def official_rules() -> Path:
    where = "../shared/conformance/rules/official or $FALCOLAB_OFFICIAL_RULES"
    return _require(shared_data.official_rules(), f"the rules files of the Falco project in {where}")
