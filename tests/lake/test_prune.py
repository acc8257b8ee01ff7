"""Retention: whole parts go, the oldest first; what stays is whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from falcolab.api.lake import Lake
from falcolab.lake import audit_intake
from falcolab.lake.compaction import compact
from falcolab.lake.retention import Limits, prune
from tests.lake.events import event, line

BAD = b'{"kind":"Event","auditID":"a"}\n'


def day(number: int, count: int = 3) -> bytes:
    """Events of a day of January 2026."""
    stamps = (f"2026-01-{number:02d}T10:00:{second:02d}.000000Z" for second in range(count))
    return b"".join(line(event(at + 100 * number, stageTimestamp=stamp)) for at, stamp in enumerate(stamps))


def lake_of_logs(folder: Path, *logs: bytes) -> Lake:
    for number, content in enumerate(logs):
        file = folder / f"{number}.jsonl"
        file.write_bytes(content)
        Lake.ingest(folder / "lake", file)
    return Lake(folder / "lake")


def age_of(number: int) -> float:
    """How many seconds ago that day began."""
    begin = 1_767_225_600 + (number - 1) * 86_400
    return time.time() - begin


def days(lake: Lake) -> list[int]:
    found: list[int] = lake.sql("SELECT DISTINCT day(time) AS d FROM events ORDER BY d")["d"].tolist()
    return found


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(4), day(2), day(3))
    gone = prune(lake.store, Limits(age=age_of(4)))
    assert [(each.part, each.events, each.reason) for each in gone] == [(2, 3, "age"), (3, 3, "age")]
    assert days(lake) == [4]
    assert lake.verify() == []
    files = [path for path in lake.store.root.rglob("*.parquet") if path.is_file()]
    assert {path.stem for path in files} == {"00000001"}


def test_what_is_too_much_goes_the_oldest_first(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(4), day(2), day(3))
    sizes = [capture.bytes for capture in lake.captures]
    assert prune(lake.store, Limits(size=sum(sizes))) == []
    gone = prune(lake.store, Limits(size=sum(sizes) - 1))
    assert [(each.part, each.bytes, each.reason) for each in gone] == [(2, sizes[1], "size")]
    assert days(lake) == [3, 4]
    assert [each.part for each in prune(lake.store, Limits(size=0))] == [3, 1]
    assert (lake.captures, lake.verify()) == ([], [])


def test_both_limits_count(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1), day(2), day(3), day(4))
    room = lake.captures[3].bytes
    gone = prune(lake.store, Limits(age=age_of(2), size=room))
    assert [(each.part, each.reason) for each in gone] == [(1, "age"), (2, "size"), (3, "size")]


def test_a_trial_only_tells(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1), day(2))
    told = prune(lake.store, Limits(age=0), is_trial=True)
    assert days(lake) == [1, 2]
    assert prune(lake.store, Limits(age=0)) == told
    assert [each.part for each in told] == [1, 2]


def test_a_capture_may_lose_some_of_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_intake, "PART_EVENTS", 100)
    lake = lake_of_logs(tmp_path, *[b"".join(day(number, 50) for number in (1, 2, 3, 4, 5, 6))])
    assert [part.events for part in lake.captures[0].parts] == [100] * 3
    gone = prune(lake.store, Limits(age=age_of(3)))
    assert [(each.part, each.events) for each in gone] == [(1, 100)]
    (capture,) = lake.captures
    assert (capture.events, capture.pruned, [part.ordinal for part in capture.parts]) == (200, 100, [2, 3])
    assert (capture.min_time, capture.max_time) == (capture.parts[0].min_time, capture.parts[1].max_time)
    assert days(lake) == [3, 4, 5, 6]
    assert lake.verify() == []
    assert Lake.ingest(lake.store.root, tmp_path / "0.jsonl").known
    assert len(lake.match("ka.verb = list")) == 200


def test_joined_captures_go_as_one(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1), day(1, 7)[-2000:].partition(b"\n")[2], day(5))
    compact(lake.store, keep=3600)
    assert len(lake.store.all_captures()) == 4
    gone = prune(lake.store, Limits(age=age_of(3)))
    assert [each.capture[-7:] for each in gone] == [" 1 more"]
    assert days(lake) == [5]
    assert len(lake.store.all_captures()) == 1
    assert lake.verify() == []


def test_what_was_rejected_goes_with_its_capture(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1) + BAD, day(5) + BAD + BAD)
    prune(lake.store, Limits(age=age_of(3)))
    (kept,) = lake.store.quarantine.iterdir()
    assert len(kept.read_text().splitlines()) == 2


def test_a_capture_without_events_goes_when_it_is_old_itself(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, BAD)
    assert prune(lake.store, Limits(age=3600)) == []
    assert len(lake.captures) == 1
    prune(lake.store, Limits(age=-1))
    assert lake.captures == []


def test_ids_are_not_used_again(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1), day(2))
    prune(lake.store, Limits(size=0))
    lake_of_logs(tmp_path, day(1), day(2))
    assert lake.sql("SELECT DISTINCT split_part(event_id, '-', 1) AS p FROM events ORDER BY p")[
        "p"
    ].tolist() == [
        "3",
        "4",
    ]
    assert lake.verify() == []


def test_a_part_that_is_being_read_says_that_it_is_gone(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, day(1), day(2))
    found = lake.match("ka.verb = list")
    prune(lake.store, Limits(size=0))
    with pytest.raises(Exception, match="compacted or pruned just now, ask again"):
        found.df()
