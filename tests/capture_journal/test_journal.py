"""Frames come back as they were appended, in segments that are sealed, listed and released."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.journal import MAX_PAYLOAD, Frame, Journal, JournalError, Kind, Segment, SegmentReader
from tests.properties import examples

FRAMES = st.lists(st.builds(Frame, st.integers(1, 255), st.binary(max_size=200)), min_size=1, max_size=20)


def frames_of(segment: Segment) -> list[Frame]:
    reader = SegmentReader(segment.path)
    frames = list(reader)
    assert reader.broken is None
    assert reader.frames == len(frames)
    return frames


def test_what_is_appended_comes_back_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(Kind.SNAPSHOT, b"state")
        journal.append(Kind.SYSCALL_EVENTS, b"")
        journal.append_group([(Kind.AUDIT_EVENTS, b"{}"), (Kind.POSITIONS, b"at 2")])
        journal.sync()
        segment = journal.rotate()
        assert segment is not None
        assert frames_of(segment) == [(2, b"state"), (1, b""), (4, b"{}"), (5, b"at 2")]
        assert journal.sealed() == [segment]
        assert segment.bytes == segment.path.stat().st_size


@given(groups=st.lists(FRAMES, min_size=1, max_size=5))
@examples(50)
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, groups: list[list[Frame]]) -> None:
    with Journal(tmp_path_factory.mktemp("any")) as journal:
        for group in groups:
            journal.append_group(group)
        segment = journal.rotate()
        assert segment is not None
        assert frames_of(segment) == [frame for group in groups for frame in group]


def test_the_daemon_sees_when_to_rotate(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert (journal.size, journal.frames, journal.age, journal.number) == (0, 0, 0.0, 0)
        journal.append(Kind.LOSS, b"x" * 1000)
        time.sleep(0.01)
        assert (journal.size, journal.frames, journal.number) == (1052, 1, 1)
        assert 0.01 <= journal.age < 10
        journal.rotate()
        assert (journal.size, journal.frames, journal.age, journal.number) == (0, 0, 0.0, 1)
        assert journal.rotate() is None


def test_released_segments_are_gone_and_their_numbers_are_not_used_again(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for payload in (b"a", b"b", b"c"):
            journal.append(1, payload)
            journal.rotate()
        first, second, third = journal.sealed()
        journal.release(second)
        assert journal.sealed() == [first, third]
        journal.append(1, b"d")
    with Journal(tmp_path) as journal:
        assert [segment.number for segment in journal.sealed()] == [1, 3, 4]
        assert journal.recovered == ()


def test_equal_content_makes_segments_of_different_digests(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for _ in range(2):
            journal.append(1, b"same")
            journal.rotate()
        first, second = journal.sealed()
        assert first.digest() != second.digest()
        assert first.digest() == first.digest()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    with Journal(folder) as journal:
        journal.append(1, b"secret")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_two_processes_cannot_share_it(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(JournalError, match="another process is writing this journal"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_threads_can_share_it(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:

        def run(kind: int) -> None:
            for number in range(100):
                journal.append_group([(kind, b"%d" % number)] * 3)
                if number % 10 == 0:
                    journal.sync()

        threads = [threading.Thread(target=run, args=(kind,)) for kind in (1, 2, 3, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        segment = journal.rotate()
        assert segment is not None
        frames = frames_of(segment)
    for kind in (1, 2, 3, 4):
        wanted = [b"%d" % number for number in range(100) for _ in range(3)]
        assert [frame.payload for frame in frames if frame.kind == kind] == wanted


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ([], "a group of 0 frames"),
        ([(1, b"")] * 500, "a group of 501 frames"),
        ([(0, b"")], "a frame of kind 0"),
        ([(256, b"")], "a frame of kind 256"),
        ([(1, bytes(MAX_PAYLOAD + 1))], "64 MiB are the most"),
    ],
)
def test_what_is_no_frame_is_refused_and_leaves_nothing(
    tmp_path: Path, group: list[tuple[int, bytes]], message: str
) -> None:
    with Journal(tmp_path) as journal:
        journal.append(1, b"before")
        with pytest.raises(JournalError, match=message):
            journal.append_group([*group, (1, b"after")] if group else group)
        segment = journal.rotate()
        assert segment is not None
        assert frames_of(segment) == [(1, b"before")]


class TestOpening:
    """Frames that every segment begins with."""

    def test_every_segment_begins_with_them(self, tmp_path: Path) -> None:
        positions = iter(range(10))
        with Journal(tmp_path, lambda: [(Kind.POSITIONS, b"%d" % next(positions))]) as journal:
            for _ in range(2):
                journal.append(1, b"x")
                journal.rotate()
            assert [frames_of(each) for each in journal.sealed()] == [
                [(5, b"0"), (1, b"x")],
                [(5, b"1"), (1, b"x")],
            ]

    def test_alone_they_are_nothing_to_deliver(self, tmp_path: Path) -> None:
        with Journal(tmp_path, lambda: [(Kind.POSITIONS, b"p")]) as journal:
            journal.append(1, b"x")
            segment = journal.rotate()
            assert segment is not None
            journal.release(segment)
            assert journal.frames == 1
            assert journal.rotate() is None

    def test_the_last_ones_are_on_disk_at_any_time(self, tmp_path: Path) -> None:
        positions = [b"first"]
        with Journal(tmp_path, lambda: [(Kind.POSITIONS, positions[-1])]) as journal:
            assert journal.last(Kind.POSITIONS) is None
            journal.append(1, b"x")
            positions.append(b"second")
            segment = journal.rotate()
            assert segment is not None
            assert journal.last(Kind.POSITIONS) == b"first"
            journal.release(segment)
            assert journal.last(Kind.POSITIONS) == b"second"
        with Journal(tmp_path) as journal:
            assert journal.last(Kind.POSITIONS) == b"second"

    def test_when_they_cannot_be_had_no_segment_begins(self, tmp_path: Path) -> None:
        states: list[bytes] = []

        def opening() -> list[tuple[int, bytes]]:
            if not states:
                raise ValueError("no state yet")
            return [(Kind.SNAPSHOT, state) for state in states]

        with Journal(tmp_path, opening) as journal:
            with pytest.raises(ValueError, match="no state yet"):
                journal.append(1, b"x")
            assert sorted(path.name for path in tmp_path.iterdir()) == [".lock"]
            states.append(b"state")
            journal.append(1, b"y")
            assert journal.number == 1
            assert journal.last(1) == b"y"
