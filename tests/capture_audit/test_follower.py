"""Following a log through what happens to logs, one thing at a time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture.audit.follower import Follower
from capture.audit.sink import Busy
from falcolab.sources.k8s_audit import KEPT_BYTES, MAX_EVENT_BYTES
from tests.capture_audit.doubles import Parts, event_list, item, text
from tests.shared_data import ROOT


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@pytest.fixture
def parts() -> Parts:
    return Parts()


Follow = Callable[..., Follower]


@pytest.fixture
def follow(log: Path, tmp_path: Path) -> Follow:
    def start(parts: Parts, rest_seconds: float = 60) -> Follower:
        return Follower(log, tmp_path / "places", parts.intake, rest_seconds)

    return start


def write(log: Path, *numbers: int, half: bytes = b"") -> None:
    with log.open("ab") as stream:
        stream.write(b"".join(text(number) + b"\n" for number in numbers) + half)


def drain(follower: Follower) -> None:
    while follower.step():
        continue


def test_lines_are_taken_in_order_when_they_are_whole(log: Path, parts: Parts, follow: Follow) -> None:
    follower = follow(parts)
    write(log, 1, 2, half=text(3)[:50])
    drain(follower)
    assert parts.sink.numbers == [1, 2]
    assert parts.count("log_lag_bytes") == 50
    write(log, half=text(3)[50:] + b"\n")
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3]
    assert parts.count("log_lag_bytes") == 0
    assert parts.count("events_total", via="log") == 3


def test_a_log_that_is_not_there_yet_is_waited_for(log: Path, parts: Parts, follow: Follow) -> None:
    follower = follow(parts)
    drain(follower)
    write(log, 1)
    drain(follower)
    assert parts.sink.numbers == [1]


def test_the_first_start_takes_the_log_but_not_its_past(log: Path, parts: Parts, follow: Follow) -> None:
    write(log.with_name("audit.log.1"), 1)
    write(log, 2)
    drain(follow(parts))
    assert parts.sink.numbers == [2]


@pytest.mark.parametrize("name", ["audit-2026-01-02T15-04-05.000.log", "audit.log.1", "audit.log-20260102"])
def test_what_was_written_before_a_rotation_is_taken(
    log: Path, parts: Parts, follow: Follow, name: str
) -> None:
    write(log, 1)
    follower = follow(parts)
    drain(follower)
    write(log, 2)
    log.rename(log.with_name(name))
    write(log, 3)
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3]
    assert parts.count("log_rotations_total") == 1
    assert parts.count("log_gaps_total") == 0


def test_what_is_written_to_a_renamed_log_is_taken(log: Path, parts: Parts, follow: Follow) -> None:
    write(log, 1)
    follower = follow(parts)
    drain(follower)
    with log.open("ab") as writer:
        log.rename(log.with_name("audit.log.1"))
        write(log, 2)
        drain(follower)
        writer.write(text(3) + b"\n")
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3]


def test_a_log_that_was_moved_away_or_deleted_is_read_to_its_end(
    log: Path, parts: Parts, follow: Follow
) -> None:
    write(log, 1)
    follower = follow(parts, rest_seconds=0)
    drain(follower)
    with log.open("ab") as writer:
        log.unlink()
        writer.write(text(2) + b"\n" + text(3))
    drain(follower)
    write(log, 4)
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3, 4]
    assert len(list(follower._files)) == 1


def test_a_copied_and_truncated_log_is_taken_once(log: Path, parts: Parts, follow: Follow) -> None:
    write(log, 1, 2)
    follower = follow(parts)
    drain(follower)
    write(log, 3)
    shutil.copy(log, log.with_name("audit.log.1"))
    os.truncate(log, 0)
    write(log, 4)
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3, 4]
    assert parts.count("duplicates_total", via="log") == 0
    assert parts.count("log_gaps_total") == 0


def test_a_copy_that_is_still_being_made_is_no_news(log: Path, parts: Parts, follow: Follow) -> None:
    write(log, *range(20))
    follower = follow(parts)
    drain(follower)
    copy = log.with_name("audit.log.1")
    for size in (0, 10, 3000):
        copy.write_bytes(log.read_bytes()[:size])
        drain(follower)
    assert len(parts.sink.events) == 20
    assert parts.count("duplicates_total", via="log") == 0


def test_a_truncated_log_that_has_grown_beyond_its_old_size_is_noticed(
    log: Path, parts: Parts, follow: Follow
) -> None:
    write(log, 1)
    follower = follow(parts)
    drain(follower)
    os.truncate(log, 0)
    write(log, 2, 3, 4)
    drain(follower)
    assert parts.sink.numbers == [1, 2, 3, 4]


def test_a_truncated_log_without_a_copy_is_a_gap(
    log: Path, parts: Parts, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    write(log, 1)
    follower = follow(parts)
    drain(follower)
    os.truncate(log, 0)
    drain(follower)
    assert parts.count("log_gaps_total") == 1
    assert f"what came after byte {len(text(1)) + 1}" in caplog.text


def test_a_restart_goes_on_where_it_was(log: Path, follow: Follow) -> None:
    before, after = Parts(), Parts()
    write(log, 1, 2, half=text(3)[:20])
    drain(follow(before))
    write(log, half=text(3)[20:] + b"\n")
    drain(follow(after))
    assert (before.sink.numbers, after.sink.numbers) == ([1, 2], [3])


def test_rotations_while_the_daemon_is_stopped_lose_nothing(log: Path, follow: Follow) -> None:
    before, after = Parts(), Parts()
    write(log, 1)
    drain(follow(before))
    write(log, 2)
    for turn in (1, 2, 3):
        log.rename(log.with_name(f"audit-{turn}.log"))
        write(log, turn + 2)
    drain(follow(after))
    assert after.sink.numbers == [2, 3, 4, 5]
    assert after.count("log_gaps_total") == 0


def test_a_log_cut_and_copied_while_the_daemon_is_stopped_loses_nothing(log: Path, follow: Follow) -> None:
    before, after = Parts(), Parts()
    write(log, 1)
    drain(follow(before))
    write(log, 2)
    shutil.copy(log, log.with_name("audit.log.1"))
    os.truncate(log, 0)
    write(log, 3, 4, 5)
    drain(follow(after))
    assert after.sink.numbers == [2, 3, 4, 5]


def test_another_file_with_the_old_inode_is_noticed(log: Path, follow: Follow) -> None:
    before, after = Parts(), Parts()
    write(log, 1)
    drain(follow(before))
    log.write_bytes(text(2) + b"\n" + text(3) + b"\n")
    drain(follow(after))
    assert after.sink.numbers == [2, 3]
    assert after.count("log_gaps_total") == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"format": 2, "files": []}', b"[1]", b"\xff"])
def test_a_damaged_file_of_places_means_from_the_beginning(
    log: Path, tmp_path: Path, follow: Follow, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    before, after = Parts(), Parts()
    write(log, 1)
    drain(follow(before))
    (tmp_path / "places").write_bytes(content)
    after.recent.rebuild(before.sink.events)
    write(log, 2)
    drain(follow(after))
    assert after.sink.numbers == [2]
    assert "is read from its beginning" in caplog.text


def test_places_tell_nothing_of_the_log_to_others(
    log: Path, parts: Parts, tmp_path: Path, follow: Follow
) -> None:
    write(log, 1)
    drain(follow(parts))
    saved = tmp_path / "places"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert "admin" not in saved.read_text()


def test_a_line_that_is_no_event_is_quarantined_with_its_place(
    log: Path, parts: Parts, follow: Follow
) -> None:
    write(log, 1, half=b"nonsense\n\n")
    write(log, 2, half=b'{"kind":"Event"}\n')
    write(log, 3, half=b'{"kind":"Eve\n')
    write(log, 4, half=event_list(item(5), 6) + b"\n")
    drain(follow(parts))
    assert parts.sink.numbers == [1, 2, 3, 4, 5]
    content = log.read_bytes()
    places = [(kept.source, kept.offset, kept.content) for kept in parts.quarantined]
    assert places == [
        (str(log), content.index(bad + b"\n"), bad)
        for bad in (b"nonsense", b'{"kind":"Event"}', b'{"kind":"Eve')
    ] + [(str(log), content.index(b'{"kind": "EventList"'), b"6")]
    assert parts.count("quarantined_total", via="log") == 4


def test_an_unfinished_line_of_a_rotated_log_is_all_there_is(log: Path, parts: Parts, follow: Follow) -> None:
    follower = follow(parts, rest_seconds=0)
    write(log, 1, half=text(2)[:30])
    drain(follower)
    assert parts.quarantined == []
    log.rename(log.with_name("audit.log.1"))
    write(log, 3)
    drain(follower)
    assert parts.sink.numbers == [1, 3]
    (kept,) = parts.quarantined
    assert (kept.offset, kept.content) == (len(text(1)) + 1, text(2)[:30])


@pytest.mark.parametrize("length", [MAX_EVENT_BYTES, MAX_EVENT_BYTES + 1, MAX_EVENT_BYTES + 3 * 2**20])
def test_a_very_long_line_is_quarantined_by_its_beginning(
    log: Path, parts: Parts, follow: Follow, length: int
) -> None:
    follower = follow(parts)
    write(log, 1, half=b"x" * length)
    drain(follower)
    assert parts.quarantined == []
    write(log, half=b"x\n")
    write(log, 2)
    drain(follower)
    assert parts.sink.numbers == [1, 2]
    (kept,) = parts.quarantined
    assert (kept.offset, kept.content, kept.reason) == (
        len(text(1)) + 1,
        b"x" * KEPT_BYTES,
        "longer than 16 MiB",
    )


def test_a_long_event_is_taken(log: Path, parts: Parts, follow: Follow) -> None:
    log.write_bytes(text(1, requestURI="x" * 3 * 2**20) + b"\n" + text(2) + b"\n")
    drain(follow(parts))
    assert parts.sink.numbers == [1, 2]


def test_what_the_webhook_has_brought_is_not_taken_again(log: Path, parts: Parts, follow: Follow) -> None:
    parts.recent.rebuild([json.dumps(item(1), separators=(",", ":")).encode()])
    write(log, 1, 2)
    drain(follow(parts))
    assert parts.sink.numbers == [2]
    assert parts.count("duplicates_total", via="log") == 1


@pytest.mark.parametrize("failure", [Busy(1), OSError(28, "No space left on device")])
def test_what_the_sink_does_not_take_is_offered_again(
    log: Path, parts: Parts, follow: Follow, failure: Exception
) -> None:
    follower = follow(parts)
    write(log, 1, 2)
    parts.sink.failures = [failure]
    with pytest.raises(type(failure)):
        follower.step()
    drain(follower)
    assert parts.sink.numbers == [1, 2]


def test_other_things_that_lie_about_do_no_harm(log: Path, parts: Parts, follow: Follow) -> None:
    follower = follow(parts)
    write(log, 1)
    drain(follower)
    os.mkfifo(log.with_name("audit.log.pipe"))
    log.with_name("audit.log.folder").mkdir()
    log.with_name("audit.log.link").symlink_to("nowhere")
    write(log.with_name("audit.log.2.gz"), 7)
    write(log.with_name("another.log"), 8)
    write(log, 2)
    drain(follower)
    assert parts.sink.numbers == [1, 2]


@pytest.fixture
def running(parts: Parts, follow: Follow) -> Iterator[threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=follow(parts).run, args=(stop,))
    thread.start()
    yield thread
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def _wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.usefixtures("running")
def test_a_line_is_taken_within_a_second(log: Path, parts: Parts) -> None:
    write(log, 1)
    _wait_for(lambda: parts.sink.numbers == [1])
    began = time.monotonic()
    write(log, 2)
    _wait_for(lambda: parts.sink.numbers == [1, 2])
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("running")
def test_a_busy_sink_is_asked_again_when_it_has_said(log: Path, parts: Parts) -> None:
    parts.sink.failures = [Busy(0.1)] * 3
    write(log, 1)
    _wait_for(lambda: parts.sink.numbers == [1])
    assert parts.count("busy_total", via="log") == 3


@pytest.mark.parametrize("trouble", ["missing", "folder", "unreadable"])
def test_a_log_that_cannot_be_read_is_told_and_tried_again(
    log: Path,
    follow: Follow,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    monkeypatch.setattr("capture.audit.follower._RETRY_SECONDS", 0.01)
    parts = Parts()
    if trouble == "folder":
        log.mkdir()
    if trouble == "unreadable":
        log.symlink_to(log.name)
    stop = threading.Event()
    thread = threading.Thread(target=follow(parts).run, args=(stop,))
    thread.start()
    _wait_for(lambda: "it is tried again" in caplog.text)
    _wait_for(lambda: parts.count("log_errors_total") > 1 or trouble != "unreadable")
    assert len(caplog.messages) == 1
    if trouble != "missing":
        log.rmdir() if trouble == "folder" else log.unlink()
    write(log, 1)
    _wait_for(lambda: parts.sink.numbers == [1])
    stop.set()
    thread.join()


KILLED = """
import sys, threading
from pathlib import Path
from prometheus_client import CollectorRegistry
from capture.audit.follower import Follower
from capture.audit.identity import RecentEvents
from capture.audit.intake import Intake
from capture.audit.metrics import Metrics

folder = Path(sys.argv[1])
journal = folder / "journal"
class Sink:
    def accept(self, events):
        with journal.open("ab", buffering=0) as stream:  # one write: a kill does not tear it
            stream.write(b"".join(raw + b"\\n" for raw in events))
recent = RecentEvents()
if journal.exists():
    recent.rebuild(journal.read_bytes().splitlines())
intake = Intake(Sink(), print, Metrics(CollectorRegistry()), recent)
Follower(folder / "audit.log", folder / "places", intake).run(threading.Event())
"""


def test_a_daemon_that_is_killed_over_and_over_takes_every_line_once(log: Path, tmp_path: Path) -> None:
    journal, count = tmp_path / "journal", 0

    def taken() -> list[int]:
        lines = journal.read_bytes().splitlines() if journal.exists() else []
        return [int(json.loads(line)["auditID"][-12:]) for line in lines]

    for turn in range(4):
        daemon = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT)
        while not journal.exists() or turn * 400 > count - 400:
            write(log, *range(count, count + 50))
            count += 50
            if count % 200 == 0 and journal.exists():
                log.rename(log.with_name(f"audit-{count:06d}.log"))
            time.sleep(0.02)
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    last = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT)
    try:
        _wait_for(lambda: len(taken()) >= count, 30)
    finally:
        last.kill()
        last.wait()
    assert sorted(taken()) == list(range(count))
