"""A lake of many system events, made once and kept outside of the repository.

It lies under ``$XDG_CACHE_HOME/falcolab-bench`` (``~/.cache`` by default) and is made anew when the
recordings, the way they are multiplied, or the code that reads and stores them have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from falcolab import native
from falcolab.api.lake import Lake
from tests import shared_data
from tests.bench import scap_copies
from tests.bench.process import measured
from tests.bench.scap_copies import Recording, write_capture

_MAKERS = ("lake", "sources", "system", "fields", "native")
"""The parts of falcolab that a lake depends on."""

_SOURCES = (".scap", ".py", ".pyx", ".pxd", ".json")

_SEEN = 0.98
"""The least share of the recordings' events that rules see; entry events of old calls are converted away."""


@dataclass(frozen=True, slots=True)
class LargeLake:
    """A lake and how it was made.

    Attributes:
        folder: of the lake.
        path: the way into it: compiled or pure Python.
        raw: the size of the capture, unpacked, in bytes.
        seconds: that ingesting it took.
        cpu: seconds of one core, those of the system not counted.
        peak: the most memory that the process had, in bytes.
        is_new: whether it was made just now.
    """

    folder: Path
    path: str
    raw: int
    seconds: float
    cpu: float
    peak: int
    is_new: bool


def large_lake(captures: Sequence[Path], events: int) -> LargeLake:
    """A lake of at least so many events, made of captures."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "falcolab-bench"
    path = ingest_path()
    home = root / f"syscall-{events}-{_key(captures, path)}"
    made = home / "made.json"
    is_new = not made.is_file()
    if is_new:
        for old in root.glob(f"syscall-{events}-*"):
            shutil.rmtree(old)
        home.mkdir(parents=True)
        made.write_text(json.dumps(_make(captures, events, home)))
    return LargeLake(home / "lake", path, **json.loads(made.read_text()), is_new=is_new)


def ingest_path() -> str:
    """Which way events take into a lake here."""
    return "pure Python" if native.load("lane") is None else "compiled"


def _make(captures: Sequence[Path], events: int, home: Path) -> dict[str, float]:
    """Make the lake, in processes of their own, for the memory of this one would count as theirs."""
    capture = home / "large.scap"
    raw = measured(_write, captures, events, capture).result
    found = measured(_ingest, home / "lake", capture)
    capture.unlink()
    return {"raw": raw, "seconds": found.seconds, "cpu": found.cpu, "peak": found.peak}


def _write(captures: Sequence[Path], events: int, path: Path) -> int:
    recordings = [Recording.of(capture) for capture in captures]
    rounds = -(-events // int(_SEEN * sum(len(each.events.times) for each in recordings)))
    return write_capture(recordings, rounds, path)


def _ingest(lake: Path, capture: Path) -> None:
    Lake.ingest_scap(lake, capture)


def _key(captures: Sequence[Path], path: str) -> str:
    """A digest of all that the lake depends on."""
    code = [path for name in _MAKERS for path in (shared_data.ROOT / "falcolab" / name).rglob("*")]
    digest = hashlib.sha256(path.encode())
    for file in (*captures, Path(scap_copies.__file__), *sorted(code)):
        if file.is_file() and file.suffix in _SOURCES:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
