"""A quarantine has an end."""

from __future__ import annotations

import json
from pathlib import Path

from prometheus_client import CollectorRegistry

from capture.audit.sink import Quarantined
from capture.daemon.quarantine import QuarantineFile
from capture.daemon.troubles import Troubles


def item(content: bytes) -> Quarantined:
    return Quarantined("webhook", 7, "no JSON", content)


def test_a_full_file_takes_no_more_until_it_is_removed(tmp_path: Path) -> None:
    troubles, path = Troubles(CollectorRegistry()), tmp_path / "quarantine"
    quarantine = QuarantineFile(path, troubles, most=1000)
    for _ in range(20):
        quarantine.put(item(b"x" * 100))
    assert 500 < path.stat().st_size < 1000
    (problem,) = troubles.problems()
    assert f"{path} is full" in problem
    path.unlink()
    quarantine.put(item(b"y"))
    assert troubles.problems() == []


def test_whatever_comes_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "quarantine"
    QuarantineFile(path, Troubles(CollectorRegistry())).put(item(b"\xff\n\x1b[2J\0"))
    (line,) = path.read_text().splitlines()
    assert line.isascii()
    assert json.loads(line)["content"] == "\\xff\n\x1b[2J\0"
