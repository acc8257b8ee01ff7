"""``kill -9`` under load: what was acknowledged is in the lake once, and every file can be read."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from falcolab.api.lake import Lake
from tests.shared_data import ROOT


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.e2e)])
def test_every_acknowledged_event_is_in_the_lake_once(tmp_path: Path, kills: int) -> None:
    seed = secrets.randbelow(10**6)
    command = [sys.executable, "-m", "tests.capture_journal.crashes", str(tmp_path), str(kills), str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    report = json.loads(done.stdout)
    lake = Lake(tmp_path / "lake")
    found = Counter(lake.sql('SELECT "ka.auditid" AS id FROM events')["id"].tolist())
    assert lake.verify() == [], f"seed {seed}"
    assert len(report["acknowledged"]) >= 20 * kills, f"seed {seed}: no load"
    assert len(report["recovered"]) >= kills // 3, f"seed {seed}: hardly ever killed while writing"
    assert set(report["acknowledged"]) <= set(found), f"seed {seed}: lost"
    assert max(found.values()) == 1, f"seed {seed}: doubled"
    assert report["damage"] == [], f"seed {seed}"
