"""The compiled fast lane and the Python code make the same lake of a capture."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from falcolab import Lake, native
from falcolab.lake import ingest_scap
from falcolab.system.machine import Machine
from falcolab.system.tables import event_types
from tests.native.lakes import damaged, differing, pure
from tests.scap.building import CLOSE, event, getuid, machine_info, number, section, written
from tests.scap.mutations import Sound, sound

BUNDLED = Path(__file__).parents[2] / "datasets" / "host-scenario" / "capture.scap"
DAMAGED = 40


@pytest.fixture(autouse=True)
def compiled() -> None:
    if native.load("lane") is None:
        message = "the compiled modules are not built: pip install -e . needs a C compiler"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def whole() -> Sound:
    return sound(BUNDLED)


def test_the_environment_can_leave_compiled_modules_out() -> None:
    with pure():
        assert native.load("lane") is None


def test_the_bundled_capture_makes_the_same_lake(tmp_path: Path) -> None:
    assert differing(BUNDLED, tmp_path) == []


def test_every_recorded_capture_makes_the_same_lake(shared: Path, tmp_path: Path) -> None:
    captures = sorted((shared / "conformance" / "captures" / "scap").glob("*.scap"))
    assert captures
    for capture in captures:
        if capture.stat().st_size < 2**20:
            assert differing(capture, tmp_path / capture.stem) == []


@pytest.mark.parametrize(("events", "size"), [(500, 2**28), (10**6, 20_000)])
def test_parts_end_at_the_same_events(
    events: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_scap, "PART_EVENTS", events)
    monkeypatch.setattr(ingest_scap, "PART_BYTES", size)
    assert differing(BUNDLED, tmp_path) == []
    assert len(Lake(tmp_path / "fast").captures[0].parts) > 10


def test_the_lane_goes_on_in_the_next_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    take = Machine.take
    monkeypatch.setattr(ingest_scap, "PART_EVENTS", 1000)
    monkeypatch.setattr(Machine, "take", lambda *args: taken.append(args) or take(*args))
    ingested = ingest_scap.ingest_scap(tmp_path / "lake", BUNDLED)
    assert len(taken) < ingested.events / 2


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_a_damaged_capture_makes_the_same_lake(seed: int, whole: Sound, tmp_path: Path) -> None:
    capture = tmp_path / "damaged.scap"
    capture.write_bytes(damaged(whole, seed))
    assert differing(capture, tmp_path) == []


def test_an_impossible_time_is_kept(whole: Sound, tmp_path: Path) -> None:
    content = bytearray(whole.content)
    struct.pack_into("<Q", content, whole.first + 10, 2**64 - 1)
    capture = tmp_path / "future.scap"
    capture.write_bytes(content)
    assert differing(capture, tmp_path) == []


def test_ids_have_the_bits_that_the_kernel_gives_them(tmp_path: Path) -> None:
    """An id of eight bytes, which no recorder writes, fits into its column all the same."""
    setuid = next(each.id for each in event_types() if each.name == "setuid" and each.is_exit)
    setgid = next(each.id for each in event_types() if each.name == "setgid" and each.is_exit)
    blocks = [event(kind, [number(0), number(2**64 - 2)]) for kind in (setuid, setgid)]
    capture = written(tmp_path, section(), machine_info(), getuid(0), *blocks, getuid(0))
    assert differing(capture, tmp_path) == []
    found = Lake(tmp_path / "fast").sql('SELECT DISTINCT "user.uid", "group.gid" FROM events')
    assert (2**32 - 2, 2**32 - 2) in set(found.itertuples(index=False, name=None))


def test_a_close_without_a_result_closes_nothing(tmp_path: Path) -> None:
    dup = next(each.id for each in event_types() if each.name == "dup" and each.is_exit)
    opened = [number(3), b"/a\0", number(1, 4), number(0, 4), number(0, 4), number(0)]
    blocks = [
        getuid(0),
        event(3, opened),
        event(dup, [number(4), number(3)]),
        event(CLOSE, [b"", number(4)]),
        event(dup, [number(4), number(3)]),
        event(CLOSE, [number(0), number(4)]),
        event(CLOSE, [number(0), number(3)]),
        getuid(0),
    ]
    capture = written(tmp_path, section(), machine_info(), *blocks)
    assert differing(capture, tmp_path) == []


def test_falcolab_works_without_compiled_modules(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['falcolab.native.lane'] = None\n"
        "from falcolab.lake.ingest_scap import ingest_scap\n"
        "print(ingest_scap(sys.argv[1], sys.argv[2]).events)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lake"), str(BUNDLED)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 9000
