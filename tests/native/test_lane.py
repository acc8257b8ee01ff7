"""The compiled fast lane and the Python code make the same lake of a capture."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from falcolab import native
from falcolab.errors import InputError
from falcolab.lake.ingest_scap import ingest_scap
from tests.scap.mutations import Sound, damage, sound

BUNDLED = Path(__file__).parents[2] / "datasets" / "host-scenario" / "capture.scap"
DAMAGED = 40


@pytest.fixture(autouse=True)
def compiled() -> None:
    if native.load("lane") is None:
        message = "the compiled modules are not built: pip install -e . needs a C compiler"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def tables(capture: Path, lake: Path) -> dict[str, object]:
    """The tables of the lake that is made of a capture, or why there is none."""
    try:
        ingested = ingest_scap(lake, capture)
    except InputError as error:
        return {"error": str(error)}
    files = sorted(lake.rglob("*.parquet"))
    found = {str(file.relative_to(lake)): pq.read_table(file, partitioning=None) for file in files}
    return {**found, "damage": ingested.damage}


def assert_same(capture: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = tables(capture, folder / "fast")
    monkeypatch.setenv(native.PURE_VARIABLE, "1")
    assert native.load("lane") is None
    pure = tables(capture, folder / "pure")
    monkeypatch.delenv(native.PURE_VARIABLE)
    assert fast.keys() == pure.keys()
    differing = [name for name in fast if fast[name] != pure[name]]
    assert not differing


def test_the_bundled_capture_makes_the_same_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same(BUNDLED, tmp_path, monkeypatch)


def test_every_recorded_capture_makes_the_same_lake(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captures = sorted((shared / "conformance" / "captures" / "scap").glob("*.scap"))
    assert captures
    for capture in captures:
        if capture.stat().st_size < 2**20:
            assert_same(capture, tmp_path / capture.stem, monkeypatch)


@pytest.fixture(scope="module")
def whole() -> Sound:
    return sound(BUNDLED)


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_a_damaged_capture_makes_the_same_lake(
    seed: int, whole: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    damaged = whole.content
    for _ in range(1 + seed % 8):
        damaged, _ = damage(chance, damaged, whole.first)
    capture = tmp_path / "damaged.scap"
    capture.write_bytes(damaged)
    assert_same(capture, tmp_path, monkeypatch)


def test_falcolab_works_without_compiled_modules(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['falcolab.native.lane'] = None\n"
        "from falcolab.lake.ingest_scap import ingest_scap\n"
        "print(ingest_scap(sys.argv[1], sys.argv[2]).events)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lake"), str(BUNDLED)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 9000
