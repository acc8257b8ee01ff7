"""System calls through the journal: what the daemon has ready and what is made again are the same."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from capture.journal.delivery import deliver
from capture.journal.journal import Journal
from capture.journal.kinds import Kind
from capture.syscalls.encoding import SyscallEncoding
from capture.syscalls.recorder import Recorder
from falcolab import Lake
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from falcolab.system.saved import save
from falcolab.system.snapshot import Snapshot
from tests.scap.mutations import sound

BUNDLED = Path(__file__).parents[2] / "datasets" / "host-scenario" / "capture.scap"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    with open_capture(BUNDLED) as capture:
        first = next(iter(capture))
    assert isinstance(first, Snapshot)
    return first


@pytest.fixture(scope="module")
def chunks(snapshot: Snapshot) -> list[bytes]:
    """The event blocks of the bundled capture behind its snapshot, a hundred at a time."""
    whole = sound(BUNDLED)
    begin = whole.first
    for _ in snapshot.events:
        begin += struct.unpack_from("<I", whole.content, begin + 4)[0]
    ends = [begin, *whole.ends[99::100], whole.ends[-1]]
    return [whole.content[begin:end] for begin, end in pairwise(ends)]


@pytest.fixture
def recorder(snapshot: Snapshot) -> Recorder:
    machine = Machine()
    machine.begin(snapshot)
    return Recorder(machine)


def journaled(folder: Path, recorder: Recorder, chunks: list[bytes], rotate_after: int) -> Iterator[pa.Table]:
    """Record chunks; gives the tables of each segment."""
    with Journal(folder, lambda: [(Kind.SNAPSHOT, save(recorder.machine))]) as journal:
        for number, chunk in enumerate(chunks, 1):
            journal.append(Kind.SYSCALL_EVENTS, chunk)
            recorder.take(chunk)
            if number == rotate_after:
                journal.append(Kind.LOSS, json.dumps({"0": {"openat": 7}}).encode())
                journal.rotate()
                yield recorder.tables()
                recorder.begin()
        yield recorder.tables()


def test_segments_are_made_again_as_they_were(
    tmp_path: Path, recorder: Recorder, chunks: list[bytes]
) -> None:
    ready = list(journaled(tmp_path / "journal", recorder, chunks, len(chunks) // 2))
    with Journal(tmp_path / "journal") as journal:
        for segment, tables in zip(journal.sealed(), ready, strict=True):
            encoding = SyscallEncoding()
            deliver(segment, tmp_path / "again", [encoding])
            encoding.prepare(segment.digest(), tables)
            deliver(segment, tmp_path / "ready", [encoding])
    again, prepared = Lake(tmp_path / "again"), Lake(tmp_path / "ready")
    query = 'SELECT * FROM events ORDER BY "evt.num"'
    assert again.sql(query).equals(prepared.sql(query))
    assert [capture.events for capture in again.captures] == [len(tables["events"]) for tables in ready]


def test_the_lake_has_what_a_capture_file_gives(
    tmp_path: Path, recorder: Recorder, chunks: list[bytes]
) -> None:
    list(journaled(tmp_path / "journal", recorder, chunks, len(chunks) // 3))
    with Journal(tmp_path / "journal") as journal:
        for segment in journal.sealed():
            deliver(segment, tmp_path / "lake", [SyscallEncoding()])
    Lake.ingest_scap(tmp_path / "file", BUNDLED)
    query = 'SELECT "proc.cmdline", "fd.name", "evt.type", "proc.pname", "evt.res" FROM events'
    order = ' ORDER BY "evt.num"'
    assert Lake(tmp_path / "lake").sql(query + order).equals(Lake(tmp_path / "file").sql(query + order))


def test_losses_are_told_by_the_lake(tmp_path: Path, recorder: Recorder, chunks: list[bytes]) -> None:
    list(journaled(tmp_path / "journal", recorder, chunks[:4], 2))
    with Journal(tmp_path / "journal") as journal:
        for segment in journal.sealed():
            deliver(segment, tmp_path / "lake", [SyscallEncoding()])
    first, second = Lake(tmp_path / "lake").captures
    assert (first.lost, first.losses) == ({"0": {"openat": 7}}, 7)
    assert second.losses == 0


def test_the_size_of_a_part_is_that_of_its_tables_and_more(recorder: Recorder, chunks: list[bytes]) -> None:
    sizes = [recorder.size]
    for chunk in chunks:
        recorder.take(chunk)
        sizes.append(recorder.size)
    tables = recorder.tables()
    assert sizes == sorted(sizes)
    assert sum(table.nbytes for table in tables.values()) < sizes[-1]
    recorder.begin()
    assert recorder.size == 0
