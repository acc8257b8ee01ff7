"""Running commands in this process, with what they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from falcolab.cli.main import main
from tests.shared_data import ROOT

CLUSTER = ROOT / "datasets/k8s-cluster"
NOISY, TUNING = CLUSTER / "10-team-rules.yaml", CLUSTER / "20-tuning.yaml"


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Done(code, printed.out, printed.err)

    return run_command


@pytest.fixture(scope="session")
def cluster_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("cluster") / "lake"
    assert main(["ingest", "k8s-audit", str(CLUSTER / "audit.jsonl.gz"), "--lake", str(lake)]) == 0
    return lake
