"""Events keep the order of the log, whatever their times say and however they lie in files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from falcolab.api.lake import Lake
from falcolab.engine.column_file import ColumnFile
from falcolab.errors import InputError
from falcolab.lake import audit_intake
from tests.lake.events import event, lake_of, line, stored_events

HOURS = (17, 18, 17, 19, 17, 18, 3)


def _log(hours: tuple[int, ...]) -> list[bytes]:
    stamps = [f"2026-11-23T{hour:02}:00:{number:02}.000000Z" for number, hour in enumerate(hours)]
    return [line(event(number, stageTimestamp=stamp)) for number, stamp in enumerate(stamps)]


def _ids(lake: Lake, condition: str) -> list[str]:
    return [row[0] for row in lake.match(condition).rows()]


@pytest.mark.parametrize("hours", [HOURS, tuple(sorted(HOURS)), tuple(sorted(HOURS, reverse=True)), (5,) * 7])
def test_events_come_in_the_order_of_the_log(hours: tuple[int, ...], tmp_path: Path) -> None:
    log = _log(hours)
    lake = lake_of(tmp_path, b"".join(log))
    assert stored_events(lake) == [each.rstrip() for each in log]
    assert _ids(lake, "ka.verb = list") == [f"1-{number}" for number in range(1, 8)]
    assert lake.verify() == []


def test_each_hour_has_a_file_of_its_own_in_which_events_keep_their_order(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, b"".join(_log(HOURS)))
    (capture,) = lake.captures
    files = capture.parts[0].of_table("events")
    assert [file.path.split("/")[3] for file in files] == ["hour=03", "hour=17", "hour=18", "hour=19"]
    numbers = [pq.read_table(lake.store.root / file.path)["num"].to_pylist() for file in files]
    assert numbers == [[7], [1, 3, 5], [2, 6], [4]]
    assert [ColumnFile(lake.store.root / file.path).ends for file in files] == [
        ((1, 7), (1, 7)),
        ((1, 1), (1, 5)),
        ((1, 2), (1, 6)),
        ((1, 4), (1, 4)),
    ]


def test_a_period_takes_events_by_time_and_leaves_their_order(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, b"".join(_log(HOURS)))
    begin = int(datetime(2026, 11, 23, 17, tzinfo=UTC).timestamp()) * 10**9
    parts = list(lake.parts(since=begin, until=begin + 3_600 * 10**9))
    found = [part.events.stored(["num"])[0].to_pylist() for part in parts]
    assert found == [[1, 3, 5]]


def test_alerts_of_several_parts_come_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_intake, "PART_EVENTS", 100)
    log = [line(event(number, verb="list" if number % 3 else "get")) for number in range(550)]
    lake = lake_of(tmp_path, b"".join(log))
    (capture,) = lake.captures
    assert [part.events for part in capture.parts] == [100] * 5 + [50]
    expected = [number for number in range(550) if number % 3]
    assert _ids(lake, "ka.verb = list") == [f"{1 + number // 100}-{1 + number}" for number in expected]
    assert lake.verify() == []


def test_a_lost_file_is_told_by_name(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, b"".join(_log(HOURS)))
    next(lake.store.root.glob("events/**/hour=18/*.parquet")).unlink()
    with pytest.raises(InputError, match=r"hour=18.*lake verify"):
        _ids(lake, "ka.verb = list")
