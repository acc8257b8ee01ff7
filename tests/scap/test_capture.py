"""Whole captures: how they begin, how they end, and what damage does to them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from falcolab.errors import InputError
from falcolab.sources.scap import open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot
from tests.scap.building import (
    CLOSE,
    CLOSE_ENTER,
    block,
    event,
    fd_entry,
    getuid,
    items,
    number,
    process_entry,
    read,
    section,
    text,
    written,
)
from tests.scap.mutations import Sound, complaints, events_of, sound

PROCESSES = block(0x215, process_entry(9))
FDS = block(0x218, struct.pack("<Q", 10) + fd_entry(2, 3, 1, text(b"/a")))
USER_ADDED = event(354, [number(7, 4), number(7, 4), b"lp\0", b"/\0", b"/\0", b"\0"])
HEAD = [section(), PROCESSES, FDS]


def uids(found: list[Snapshot | Event]) -> list[int | str]:
    return [
        int.from_bytes(each.params[0], "little") if isinstance(each, Event) else "snapshot" for each in found
    ]


def test_a_snapshot_comes_first_and_then_the_events(tmp_path: Path) -> None:
    found, capture = items(written(tmp_path, *HEAD, getuid(1), getuid(2)))
    assert uids(found) == ["snapshot", 1, 2]
    assert found[0] is capture.snapshot
    assert capture.snapshot.processes[10].fds[3].name == b"/a"
    assert capture.ending is not None
    assert (capture.ending.is_whole, capture.ending.reason, capture.ending.is_truncated) == (True, "", False)


def test_packed_captures_are_read_the_same(tmp_path: Path) -> None:
    parts = [*HEAD, getuid(1), getuid(2)]
    packed = gzip.compress(b"".join(parts[:2])) + gzip.compress(b"".join(parts[2:]))
    assert uids(items(written(tmp_path, packed))[0]) == ["snapshot", 1, 2]


def test_the_first_users_and_containers_belong_to_the_snapshot(tmp_path: Path) -> None:
    found, capture = items(written(tmp_path, *HEAD, USER_ADDED, USER_ADDED, getuid(1), USER_ADDED))
    assert uids(found) == ["snapshot", 1, 7]
    assert len(capture.snapshot.events) == 2
    machine = Machine()
    assert [each.num for each in machine.replay(found)] == [3, 4]


def test_an_event_that_is_dropped_ends_the_snapshot(tmp_path: Path) -> None:
    found, capture = items(written(tmp_path, *HEAD, event(CLOSE_ENTER, [number(3)]), USER_ADDED))
    assert uids(found) == ["snapshot", 7]
    assert capture.snapshot.events == []


def test_captures_one_after_the_other(tmp_path: Path) -> None:
    found, capture = items(written(tmp_path, *HEAD, getuid(1), section(), USER_ADDED, getuid(2)))
    assert uids(found) == ["snapshot", 1, "snapshot", 2]
    assert isinstance(found[2], Snapshot)
    assert (found[2].processes, len(found[2].events)) == ({}, 1)
    assert capture.ending is not None
    assert capture.ending.is_whole
    machine = Machine()
    assert [each.num for each in machine.replay(found)] == [1, 2]
    assert machine.find(10) is not None
    assert machine.threads.by_id[10].is_invalid


def test_enter_events_survive_the_end_of_a_capture(tmp_path: Path) -> None:
    entered, left = event(CLOSE_ENTER, [number(7)]), event(CLOSE, [number(0)])
    found, _ = items(written(tmp_path, *HEAD, getuid(1), entered, section(), left))
    assert isinstance(found[-1], Event)
    assert found[-1].params == (number(0), number(7))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([block(0x202, b"")], "a block of type 0x202 where a section header should be"),
        ([section()], "there are no events in it"),
        ([section(), PROCESSES[:40]], "should follow and the file has"),
        ([gzip.compress(section() + getuid(2))], "a block of type 0x"),
    ],
)
def test_a_damaged_second_capture_does_not_harm_the_first(
    tmp_path: Path, parts: list[bytes], reason: str
) -> None:
    found, capture = items(written(tmp_path, *HEAD, getuid(1), *parts))
    assert uids(found) == ["snapshot", 1]
    assert capture.ending is not None
    assert reason in capture.ending.reason


def test_a_capture_can_be_left_early(tmp_path: Path) -> None:
    with open_capture(written(tmp_path, *HEAD, getuid(1), getuid(2))) as capture:
        assert isinstance(next(iter(capture)), Snapshot)
    assert capture.ending is None


def small(folder: Path) -> bytes:
    """A capture with something of everything, in old and in new blocks."""
    parts = [
        *HEAD, USER_ADDED, getuid(1), event(CLOSE_ENTER, [number(3)]), event(CLOSE, [number(0)]),
        event(175, [number(0), b"/a\0", b"/b\0"], code=0x204, counted=False), getuid(2, code=0x217, flags=1),
        event(324, [b'{"container":{"id":"c0ffee"}}\0'], code=0x221, wide=True),
        section(), PROCESSES, getuid(3), getuid(4),
    ]  # fmt: skip
    return written(folder, *parts).read_bytes()


def test_everything_before_a_cut_is_read_as_in_the_whole_file(tmp_path: Path) -> None:
    content = small(tmp_path)
    events, ends, capture = events_of(content)
    assert capture.ending is not None
    assert capture.ending.is_whole
    frame = content.index(USER_ADDED) + 8
    for size in range(len(content)):
        if size < frame:
            with pytest.raises(InputError):
                events_of(content[:size])
            continue
        found, _, cut = events_of(content[:size])
        assert found == events[: sum(end <= size for end in ends)]
        assert cut.ending is not None
        is_whole = size in boundaries(content) and not content[:size].endswith((section(), PROCESSES))
        assert cut.ending.is_whole == is_whole, size


def boundaries(content: bytes) -> list[int]:
    """The places between blocks."""
    places = [0]
    while places[-1] < len(content):
        places.append(places[-1] + struct.unpack_from("<I", content, places[-1] + 4)[0])
    return places


def test_a_cut_is_told(tmp_path: Path) -> None:
    events, capture = read(tmp_path, getuid(1), getuid(2)[:-1])
    assert len(events) == 1
    assert capture.ending is not None
    assert capture.ending.is_truncated
    assert "bytes should follow and the file has" in capture.ending.reason


def test_a_cut_of_a_packed_file_is_told(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join([*HEAD, *[getuid(n, time=n * 977) for n in range(1000)]]))
    found, capture = items(written(tmp_path, packed[:-500]))
    assert uids(found)[1:] == list(range(len(found) - 1))
    assert len(found) > 100
    assert capture.ending is not None
    assert (capture.ending.reason, capture.ending.is_truncated) == ("the gzip stream is cut off", True)


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sound]:
    folder = tmp_path_factory.mktemp("captures")
    (folder / "small.scap").write_bytes(small(folder))
    return {"small.scap": sound(folder / "small.scap")}


def test_damaged_captures_are_survived(captures: dict[str, Sound]) -> None:
    assert list(complaints(captures, range(1000))) == []


def test_damaged_recordings_are_survived(shared: Path) -> None:
    folder = shared / "conformance/captures/scap"
    chosen = ["falco__cat_write", "libs__curl_google", "sysflow__tcp-client-server"]
    recorded = {name: sound(folder / f"{name}.scap") for name in chosen}
    assert list(complaints(recorded, range(300))) == []
