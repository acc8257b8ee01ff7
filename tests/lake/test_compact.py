"""Joined captures: fewer files, and for everybody who asks the same events, ids and alerts."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from falcolab.api.lake import Lake
from falcolab.errors import InputError
from falcolab.lake import compaction
from falcolab.lake.compaction import compact
from falcolab.lake.manifest import Capture
from falcolab.lake.store import Store
from falcolab.rules.loader import load_texts, ruleset_of
from falcolab.rules.ruleset import Ruleset
from tests.lake.events import event, line, stored_events
from tests.shared_data import ROOT

RULES = """
- rule: Deletes
  desc: d
  condition: ka.verb = delete
  output: "%evt.num %evt.rawtime %evt.reltime %ka.user.name %jevt.obj"
  priority: INFO
  source: k8s_audit
- rule: Starts
  desc: d
  condition: evt.type in (execve, openat)
  output: "%evt.num %evt.rawtime %evt.reltime %proc.cmdline %proc.aname[2] %fd.name %container.id %evt.args"
  priority: INFO
"""
CAPTURE = ROOT / "datasets" / "host-scenario" / "capture.scap"


class Killed(BaseException):
    """Stands for the end of the process."""


def rules() -> Ruleset:
    return ruleset_of(load_texts([("rules.yaml", RULES)]))


def log(first: int, count: int, **members: Any) -> bytes:
    """Events of which every third deletes something, three hours in turn."""
    verbs = ("get", "delete", "list")
    return b"".join(
        line(
            event(
                each,
                verb=verbs[each % 3],
                stageTimestamp=f"2026-11-23T{each % 3 + 17}:00:00.{each:06d}Z",
                **members,
            )
        )
        for each in range(first, first + count)
    )


def lake_of_logs(folder: Path, *logs: bytes) -> Lake:
    for number, content in enumerate(logs):
        file = folder / f"{number}.jsonl"
        file.write_bytes(content)
        Lake.ingest(folder / "lake", file)
    return Lake(folder / "lake")


def state(lake: Lake) -> tuple[list[tuple[Any, ...]], pd.DataFrame]:
    """All that can be asked: the alerts in order, and every event with every field."""
    lake = Lake(lake.store.root)
    alerts = [
        (alert.event_id, alert.message) for source in lake.sources for alert in lake.replay(rules(), source)
    ]
    return alerts, lake.sql("SELECT * FROM events ORDER BY event_id")


def assert_same(lake: Lake, before: tuple[list[tuple[Any, ...]], pd.DataFrame]) -> None:
    alerts, events = state(lake)
    assert alerts == before[0]
    pd.testing.assert_frame_equal(events, before[1])
    assert lake.verify() == []


def test_nothing_changes_for_those_who_ask(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, *(log(first, 20) for first in range(0, 100, 20)))
    events, before = stored_events(lake), state(lake)
    done = compact(lake.store)
    assert (done.joined, done.made) == (5, 1)
    assert done.files == (5 * 8, 8)
    assert done.bytes[1] < done.bytes[0] / 3
    assert_same(lake, before)
    assert stored_events(lake) == events
    assert len(before[0]) == 33
    assert before[0][0][0] == "1-2"
    assert before[0][-1][0].startswith("5-")


def test_rows_of_dimensions_that_are_equal_are_there_once(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, *(log(first, 6, user={"username": f"u{first % 2}"}) for first in range(5)))
    compact(lake.store)
    (capture,) = lake.captures
    rows = {file.table: file.rows for part in capture.parts for file in part.files}
    assert rows["audit_actors"] == 2
    assert rows["audit_actions"] == 3
    (actors,) = capture.parts[0].of_table("audit_actors")
    names = pq.read_table(lake.store.root / actors.path)["ka.user.name"].to_pylist()
    assert sorted(names) == ["u0", "u1"]


def test_system_calls_are_joined_too(tmp_path: Path) -> None:
    content = CAPTURE.read_bytes()
    for part in (1, 2):
        (tmp_path / "cut.scap").write_bytes(content[: len(content) * part // 24])
        Lake.ingest_scap(tmp_path / "lake", tmp_path / "cut.scap")
    lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
    before = state(lake)
    assert compact(lake.store).made == 2
    assert_same(lake, before)
    assert [capture.source for capture in lake.captures] == ["syscall", "k8s_audit"]
    assert "cut.scap: " in lake.captures[0].damage


def test_an_id_that_somebody_noted_still_names_the_event(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, log(0, 6), log(6, 6), log(12, 6))
    noted = [alert.event_id for alert in lake.replay(rules())]
    compact(lake.store)
    for each in noted:
        assert lake.explain(rules(), "Deletes", each).fires
    with pytest.raises(InputError, match="no event 2-7 in the lake"):
        lake.explain(rules(), "Deletes", "2-7")
    with pytest.raises(InputError, match="no event 4-1 in the lake"):
        lake.explain(rules(), "Deletes", "4-1")


def test_what_has_been_ingested_is_known(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, log(0, 6), log(6, 6) + b'{"kind":7}\n')
    compact(lake.store)
    again = Lake.ingest(lake.store.root, tmp_path / "1.jsonl")
    assert (again.known, again.events, again.rejected) == (True, 0, 1)


def test_joined_captures_are_joined_with_later_ones(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, log(0, 6), log(6, 6))
    compact(lake.store)
    lake_of_logs(tmp_path, log(0, 6), log(6, 6), log(12, 6), b'{"kind":"Event","auditID":"a"}\n')
    before = state(lake)
    assert compact(lake.store).joined == 3
    assert_same(lake, before)
    (capture,) = lake.captures
    assert [origin.name[-7:] for origin in capture.joined] == [f"{number}.jsonl" for number in range(4)]
    assert (capture.rejected, capture.events) == (1, 18)
    assert capture.name.endswith("0.jsonl and 3 more")


def test_a_period_is_the_same(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
    (low, high) = lake.captures[0].min_time, lake.captures[1].max_time
    assert low is not None
    assert high is not None
    middle = (low + high) // 2
    before = [alert.event_id for alert in lake.replay(rules(), since=middle - 10**12, until=middle + 10**12)]
    compact(lake.store)
    after = [alert.event_id for alert in lake.replay(rules(), since=middle - 10**12, until=middle + 10**12)]
    assert before == after != []


class TestLimits:
    """Joined captures do not grow without end."""

    def test_a_joined_capture_is_no_larger_than_a_part(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(compaction, "PART_EVENTS", 20)
        lake = lake_of_logs(
            tmp_path, *(log(first, 6) for first in range(0, 42, 6)), log(100, 30), log(200, 6)
        )
        before = state(lake)
        done = compact(lake.store)
        assert (done.joined, done.made, done.files) == (6, 2, (72, 40))
        assert [capture.events for capture in lake.captures] == [18, 18, 6, 30, 6]
        assert_same(lake, before)

    def test_a_joined_capture_spans_a_day_at_most(self, tmp_path: Path) -> None:
        days = (log(0, 3).replace(b"2026-11-23T", b"2026-11-%02dT" % day) for day in (1, 2, 2, 3, 5))
        lake = lake_of_logs(tmp_path, *(each.replace(b"ba48", b"%04d" % at) for at, each in enumerate(days)))
        compact(lake.store)
        assert [len(capture.origins) for capture in lake.captures] == [1, 2, 1, 1]

    def test_few_are_not_worth_it(self, tmp_path: Path) -> None:
        lake = lake_of_logs(tmp_path, log(0, 3), log(3, 3))
        assert compact(lake.store, least=3).joined == 0
        assert len(lake.captures) == 2


class TestInterrupted:
    """Wherever it ends, the lake is as before or as after."""

    @pytest.mark.parametrize(
        ("name", "calls"), [("publish", 0), ("publish", 5), ("commit", 0), ("clear_leftovers", 1)]
    )
    @pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
    def test_the_lake_is_whole(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        calls: int,
        is_after: bool,  # noqa: FBT001
    ) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9), log(18, 9))
        before, real, left = state(lake), getattr(Store, name), [calls]

        def dying(*args: Any) -> Any:
            left[0] -= 1
            if left[0] == -1 and not is_after:
                raise Killed
            result = real(*args)
            if left[0] == -1:
                raise Killed
            return result

        with monkeypatch.context() as patched:
            patched.setattr(Store, name, dying)
            with pytest.raises(Killed):
                compact(lake.store)
        alerts, events = state(lake)
        assert alerts == before[0]
        pd.testing.assert_frame_equal(events, before[1])
        compact(lake.store)
        assert_same(lake, before)
        assert len(lake.captures) == 1

    def test_between_two_manifests_that_go_nothing_is_doubled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9), log(18, 9))
        before, real, left = state(lake), Path.unlink, [2]

        def dying(path: Path, **options: Any) -> None:
            left[0] -= path.suffix == ".json"
            if left[0] == 0:
                raise Killed
            real(path, **options)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", dying)
            with pytest.raises(Killed):
                compact(lake.store)
        alerts, events = state(lake)
        assert alerts == before[0]
        pd.testing.assert_frame_equal(events, before[1])

    def test_a_damaged_file_leaves_everything_as_it_was(self, tmp_path: Path) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
        (file,) = lake.captures[1].parts[0].of_table("audit_actors")
        (lake.store.root / file.path).write_bytes(b"no Parquet")
        with pytest.raises(InputError, match="`falcolab lake verify` tells more"):
            compact(lake.store)
        assert len(lake.captures) == 2
        assert [problem.path for problem in lake.verify()] == [file.path]


class TestReaders:
    """Those who are reading meanwhile."""

    def test_with_time_to_finish_they_see_the_lake_as_it_was(self, tmp_path: Path) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
        before, reading = state(lake), lake.replay(rules())
        compact(lake.store, keep=3600)
        assert [(alert.event_id, alert.message) for alert in reading] == before[0]
        assert_same(lake, before)

    def test_without_they_are_told(self, tmp_path: Path) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
        reading = lake.replay(rules())
        compact(lake.store)
        with pytest.raises(
            InputError, match=r"is gone\. If the lake was compacted or pruned just now, ask again"
        ):
            list(reading)

    def test_what_was_kept_for_them_goes_in_time_and_never_counts_again(self, tmp_path: Path) -> None:
        """A joined capture is itself replaced, and goes first: what it replaced must not come back."""
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
        compact(lake.store, keep=3600)
        lake_of_logs(tmp_path, log(0, 9), log(9, 9), log(18, 9))
        before = state(lake)
        assert len(kept(lake)) == 4
        compact(lake.store)
        assert_same(lake, before)
        assert [capture.number for capture in kept(lake)] == [1]
        assert len(list(lake.store.root.glob("audit_actors/*/*.parquet"))) == 1

    def test_they_go_with_the_next_writer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
        compact(lake.store, keep=3600)
        with lake.store.writing():
            assert len(kept(lake)) == 3
        late = 4000 * 10**9 + kept(lake)[0].ingested
        monkeypatch.setattr("falcolab.lake.store.time.time_ns", lambda: late)
        with lake.store.writing():
            assert len(kept(lake)) == 1
        assert lake.verify() == []


class TestWriters:
    """Those who are writing meanwhile."""

    def test_they_are_waited_for(self, tmp_path: Path) -> None:
        lake = lake_of_logs(tmp_path, log(0, 3), log(3, 3))
        writes = threading.Event()

        def write() -> None:
            with Lake(lake.store.root).store.writing():
                writes.set()
                time.sleep(0.3)

        writer = threading.Thread(target=write)
        writer.start()
        writes.wait()
        assert compact(lake.store).made == 1
        writer.join()

    def test_but_not_for_ever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compaction, "PATIENCE", 0.2)
        lake = lake_of_logs(tmp_path, log(0, 3), log(3, 3))
        with lake.store.writing(), pytest.raises(InputError, match="another process is writing to this lake"):
            compact(Lake(lake.store.root).store)


def kept(lake: Lake) -> list[Capture]:
    return lake.store.all_captures()


def test_what_was_cached_of_files_that_have_gone_goes_too(tmp_path: Path) -> None:
    lake = lake_of_logs(tmp_path, log(0, 9), log(9, 9))
    list(lake.replay(rules()))
    before = {path.name for path in lake.store.cache.iterdir()}
    compact(lake.store)
    list(lake.replay(rules()))
    after = {path.name for path in lake.store.cache.iterdir()}
    assert before
    assert after
    assert not before & after
