"""Sealed segments become captures, each once, wherever the daemon dies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.journal import (
    AUDIT,
    AuditSink,
    Frame,
    Journal,
    JournalError,
    Kind,
    PlainEncoding,
    deliver,
    deliver_all,
)
from falcolab.api.lake import Lake
from falcolab.lake.capture_writer import CaptureWriter
from falcolab.lake.store import Store
from tests.lake.events import event, line, stored_events


class Killed(BaseException):
    """Stands for the end of the process."""


def write(journal: Journal, first: int, count: int) -> None:
    AuditSink(journal).accept([line(event(number)).strip() for number in range(first, first + count)])


def audit_ids(lake: Path) -> list[str]:
    found: list[str] = Lake(lake).sql('SELECT "ka.auditid" AS id FROM events ORDER BY id')["id"].tolist()
    return found


def wanted(count: int) -> list[str]:
    return [event(number)["auditID"] for number in range(count)]


def test_segments_become_captures_in_order(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with Journal(tmp_path / "journal") as journal:
        for first in (0, 10, 20):
            write(journal, first, 10)
            journal.rotate()
        digests = [segment.digest() for segment in journal.sealed()]
        assert [each.events for each in deliver_all(journal, lake, [AUDIT])] == [{"k8s_audit": 10}] * 3
        assert journal.sealed() == []
    captures = Lake(lake).captures
    assert [capture.digest for capture in captures] == digests
    assert [capture.name for capture in captures] == [f"journal segment {number}" for number in (1, 2, 3)]
    assert audit_ids(lake) == wanted(30)
    assert Lake(lake).verify() == []


def test_a_second_time_nothing_is_added(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with Journal(tmp_path / "journal") as journal:
        write(journal, 0, 10)
        segment = journal.rotate()
        assert segment is not None
        assert deliver(segment, lake, [AUDIT]).events == {"k8s_audit": 10}
        assert deliver(segment, lake, [AUDIT]).events == {}
    assert audit_ids(lake) == wanted(10)


def test_events_come_back_as_they_were_sent(tmp_path: Path) -> None:
    """An item of a list, which does not say what it is, and an event of its own."""
    item = {name: value for name, value in event(1).items() if name not in ("kind", "apiVersion")}
    events = [line(each).strip() for each in (event(0), item, event(2), item | {"verb": "get"})]
    with Journal(tmp_path / "journal") as journal:
        AuditSink(journal).accept(events)
        AuditSink(journal).accept(events[:1])
        journal.rotate()
        list(deliver_all(journal, tmp_path / "lake", [AUDIT]))
    assert stored_events(Lake(tmp_path / "lake")) == [*events, events[0]]


def test_what_is_no_event_goes_to_the_quarantine(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(Kind.AUDIT_EVENTS, b'{"kind":"Event"}\n' + line(event(0)) + b"no JSON")
        journal.rotate()
        (done,) = deliver_all(journal, tmp_path / "lake", [AUDIT])
    assert done.events == {"k8s_audit": 1}
    (capture,) = Lake(tmp_path / "lake").captures
    (file,) = (tmp_path / "lake" / "quarantine").iterdir()
    assert capture.rejected == 2
    assert [json.loads(each)["line"] for each in file.read_text().splitlines()] == [1, 3]


def test_a_segment_without_events_makes_no_capture(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(Kind.POSITIONS, b"at 0")
        journal.rotate()
        (done,) = deliver_all(journal, tmp_path / "lake", [AUDIT])
        assert (done.events, journal.sealed()) == ({"k8s_audit": 0}, [])
    assert Lake(tmp_path / "lake").captures == []


def test_of_a_damaged_segment_what_is_whole_is_delivered_and_the_rest_is_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for first in (0, 5, 10):
            write(journal, first, 5)
        segment = journal.rotate()
        assert segment is not None
        content = bytearray(segment.path.read_bytes())
        content[len(content) // 2] ^= 1
        segment.path.write_bytes(content)
        (done,) = deliver_all(journal, tmp_path / "lake", [AUDIT])
        assert journal.sealed() == []
    assert done.damage.startswith("a frame's content is damaged at byte")
    assert [path.suffix for path in (tmp_path / "journal").glob("0*")] == [".damaged"]
    (capture,) = Lake(tmp_path / "lake").captures
    assert (capture.events, capture.damage) == (5, done.damage)


def test_a_lake_that_cannot_be_written_keeps_the_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Journal(tmp_path / "journal") as journal:
        write(journal, 0, 5)
        journal.rotate()
        with monkeypatch.context() as patched:
            patched.setattr(Store, "publish", refuse)
            with pytest.raises(JournalError, match=r"0000000001\.sealed: stays, .*: No space left on device"):
                list(deliver_all(journal, tmp_path / "lake", [AUDIT]))
        assert len(list(deliver_all(journal, tmp_path / "lake", [AUDIT]))) == 1
    assert audit_ids(tmp_path / "lake") == wanted(5)


DEATHS = [
    (Store, "publish", 0),
    (Store, "publish", 3),
    (Store, "commit", 0),
    (Journal, "release", 0),
]


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: f"{death[1]}-{death[2]}")
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_wherever_delivery_ends_every_event_is_there_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    death: tuple[type, str, int],
    is_after: bool,  # noqa: FBT001
) -> None:
    owner, name, calls = death
    real, left = getattr(owner, name), [calls]

    def dying(*args: object, **options: object) -> object:
        left[0] -= 1
        if left[0] == -1 and not is_after:
            raise Killed
        result = real(*args, **options)
        if left[0] == -1:
            raise Killed
        return result

    lake = tmp_path / "lake"
    with Journal(tmp_path / "journal") as journal:
        for first in (0, 10):
            write(journal, first, 10)
            journal.rotate()
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dying)
            with pytest.raises(Killed):
                list(deliver_all(journal, lake, [AUDIT]))
    with Journal(tmp_path / "journal") as journal:
        list(deliver_all(journal, lake, [AUDIT]))
        assert journal.sealed() == []
    assert audit_ids(lake) == wanted(20)
    assert Lake(lake).verify() == []


def test_between_two_sources_of_one_segment_nothing_is_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second source is interrupted: the first has its capture and does not get it again."""
    seen = []

    def encode(frames: Iterator[Frame], writer: CaptureWriter, digest: str, /) -> int:
        seen.append(list(frames))
        if len(seen) == 1:
            raise Killed
        return 0

    other = PlainEncoding("syscall", frozenset({Kind.SYSCALL_EVENTS}), encode)
    with Journal(tmp_path / "journal") as journal:
        write(journal, 0, 5)
        journal.append(Kind.SYSCALL_EVENTS, b"blocks")
        journal.rotate()
        with pytest.raises(Killed):
            list(deliver_all(journal, tmp_path / "lake", [AUDIT, other]))
        (done,) = deliver_all(journal, tmp_path / "lake", [AUDIT, other])
    assert done.events == {"syscall": 0}
    assert seen == [[(1, b"blocks")]] * 2
    assert audit_ids(tmp_path / "lake") == wanted(5)
