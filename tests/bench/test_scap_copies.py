"""Copies of a recording are other processes that do the same, later."""

from __future__ import annotations

from pathlib import Path

from falcolab.sources.scap import open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot
from tests import shared_data
from tests.bench.scap_copies import Recording, write_capture

CAPTURE = shared_data.ROOT / "datasets/host-scenario/capture.scap"


def read(path: Path) -> tuple[Snapshot, list[Event]]:
    with open_capture(path) as capture:
        snapshot, *events = capture
        assert capture.ending is not None
        assert capture.ending.is_whole
    assert isinstance(snapshot, Snapshot)
    return snapshot, [event for event in events if isinstance(event, Event)]


def test_two_rounds(tmp_path: Path) -> None:
    copy = tmp_path / "copies.scap"
    recording = Recording.of(CAPTURE)
    assert write_capture([recording], 2, copy) == copy.stat().st_size
    (old, before), (new, after) = read(CAPTURE), read(copy)
    first, second = after[: len(before)], after[len(before) :]
    for one, two, three in zip(before, first, second, strict=True):
        assert one.type is two.type is three.type
        assert one.time - before[0].time == two.time - first[0].time == three.time - second[0].time
        assert one.tid <= 1 or len({one.tid, two.tid, three.tid}) == 3
        assert list(map(len, one.params)) == list(map(len, two.params)) == list(map(len, three.params))
    assert first[-1].time < second[0].time
    fresh = [tid for tid in old.processes if tid > 1]
    assert len(new.processes) == len(old.processes) + len(fresh)
    assert not fresh or not set(fresh) & set(new.processes)


def test_the_state_is_that_of_the_recording(tmp_path: Path) -> None:
    copy = tmp_path / "copies.scap"
    write_capture([Recording.of(CAPTURE)], 2, copy)
    found = []
    for path in (CAPTURE, copy):
        with open_capture(path) as capture:
            events = Machine().replay(capture)
            found.append([_seen(event) for event in events])
    once, twice = found
    assert twice == once + once


def _seen(event: Event) -> tuple[object, ...]:
    thread = event.thread
    return event.type.name, thread and (thread.comm, thread.cmdline), event.fd and event.fd.name
