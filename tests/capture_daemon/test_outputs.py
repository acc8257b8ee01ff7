"""Where alerts go: a slow or dead target delays nobody, and nothing is lost without being counted."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from capture.daemon.outputs import Output, OutputMetrics, open_outputs, send
from capture.daemon.settings import Http, Outputs
from capture.daemon.targets import FileTarget, HttpTarget, StdoutTarget, TargetError
from capture.daemon.troubles import Troubles
from falcolab.errors import InputError
from tests.capture_daemon.servers import taking
from tests.e2e_containers.processes import wait_for


@dataclass
class Parts:
    """What outputs report to."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.troubles, self.metrics = Troubles(self.registry), OutputMetrics(self.registry)

    def count(self, what: str, output: str) -> float:
        return self.registry.get_sample_value(f"falcolab_outputs_{what}_total", {"output": output}) or 0.0


@pytest.fixture
def parts() -> Parts:
    return Parts()


@dataclass
class Stuck:
    """A target that takes nothing until it is told to."""

    name = "stuck"
    go: threading.Event = field(default_factory=threading.Event)
    lines: list[bytes] = field(default_factory=list)

    def send(self, line: bytes, /) -> None:
        self.go.wait(30)
        self.lines.append(line)

    def close(self) -> None:
        pass


def seconds_of(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


class TestFile:
    def test_a_line_each_for_its_owner_only(self, tmp_path: Path) -> None:
        target = FileTarget(tmp_path / "alerts")
        target.send(b'{"a":1}')
        target.send(b'{"a":2}')
        target.close()
        assert (tmp_path / "alerts").read_text() == '{"a":1}\n{"a":2}\n'
        assert (tmp_path / "alerts").stat().st_mode & 0o777 == 0o600

    def test_a_file_that_was_rotated_is_made_anew(self, tmp_path: Path) -> None:
        target = FileTarget(tmp_path / "alerts")
        target.send(b"1")
        (tmp_path / "alerts").rename(tmp_path / "alerts.1")
        target.send(b"2")
        target.close()
        assert [(tmp_path / name).read_text() for name in ("alerts.1", "alerts")] == ["1\n", "2\n"]

    def test_after_half_a_line_a_new_one_begins(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, write, sizes = FileTarget(tmp_path / "alerts"), os.write, iter([3, 0])

        def write_half(file: int, data: bytes) -> int:
            size = next(sizes)
            if not size:
                raise OSError(28, "No space left on device")
            return write(file, data[:size])

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", write_half)
            with pytest.raises(TargetError, match="No space left"):
                target.send(b"12345")
        target.send(b"67890")
        target.close()
        assert (tmp_path / "alerts").read_text() == "123\n67890\n"

    def test_a_file_that_cannot_be_written_is_told_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="alerts: No such file"):
            FileTarget(tmp_path / "nowhere" / "alerts")


def test_stdout_has_a_line_each(capfd: pytest.CaptureFixture[str]) -> None:
    target = StdoutTarget()
    target.send('{"a":"\N{SNOWMAN}"}'.encode())
    target.close()
    assert capfd.readouterr().out == '{"a":"\N{SNOWMAN}"}\n'


class TestHttp:
    def test_each_alert_is_posted(self, parts: Parts) -> None:
        with taking() as taker:
            output = Output(HttpTarget(Http(url=taker.url)), parts.metrics, parts.troubles)
            output.start()
            for number in range(23):
                output.put(json.dumps({"number": number}).encode())
            output.close()
        assert [alert["number"] for alert in taker.alerts] == list(range(23))
        assert taker.types == {"application/json"}
        assert (parts.count("sent", "http"), parts.count("failed", "http")) == (23, 0)

    def test_a_refusal_is_counted_and_said_without_the_alert(
        self, parts: Parts, caplog: pytest.LogCaptureFixture
    ) -> None:
        with taking(status=500) as taker, caplog.at_level(logging.ERROR):
            output = Output(HttpTarget(Http(url=taker.url)), parts.metrics, parts.troubles)
            output.start()
            output.put(b'"secret"')
            output.put(b'"secret"')
            output.close()
        assert parts.count("failed", "http") == 2
        (record,) = caplog.records
        assert record.getMessage() == "output_http: an alert could not be sent: 127.0.0.1: status 500"
        assert parts.troubles.problems() == [record.getMessage()]

    def test_it_is_well_again_when_one_goes_through(self, parts: Parts) -> None:
        with taking(status=500) as taker:
            output = Output(HttpTarget(Http(url=taker.url)), parts.metrics, parts.troubles)
            output.start()
            output.put(b"1")
            wait_for(lambda: parts.count("failed", "http") == 1)
            taker.status = 204
            output.put(b"2")
            output.close()
        assert parts.troubles.problems() == []

    def test_a_dead_server_delays_nobody(self, parts: Parts) -> None:
        target = HttpTarget(Http(url="http://127.0.0.1:9/", timeout=0.5))
        output = Output(target, parts.metrics, parts.troubles)
        output.start()
        assert seconds_of(lambda: [output.put(b"1") for _ in range(1000)] and None) < 0.5
        output.close()
        assert parts.count("failed", "http") + parts.count("dropped", "http") == 1000

    @pytest.mark.parametrize("url", ["ftp://host/", "host:80", "http://", "http://[::1"])
    def test_what_is_no_url_is_told_at_once(self, url: str) -> None:
        with pytest.raises(InputError, match=r"outputs.http.url"):
            HttpTarget(Http(url=url))


def test_a_slow_target_delays_nobody_and_what_finds_no_room_is_counted(parts: Parts) -> None:
    target = Stuck()
    output = Output(target, parts.metrics, parts.troubles, waiting=10)
    output.start()
    assert seconds_of(lambda: [output.put(b"%d" % n) for n in range(100)] and None) < 0.5
    assert parts.count("dropped", "stuck") in (89, 90)
    (problem,) = parts.troubles.problems()
    assert "too many are waiting" in problem
    target.go.set()
    output.close()
    assert parts.count("sent", "stuck") + parts.count("dropped", "stuck") == 100
    assert target.lines[:10] == [b"%d" % n for n in range(10)]


def test_the_end_waits_for_a_slow_target_only_so_long(parts: Parts) -> None:
    target = Stuck()
    output = Output(target, parts.metrics, parts.troubles)
    output.start()
    for _ in range(5):
        output.put(b"1")
    assert seconds_of(lambda: output.close(0.2)) < 2
    assert parts.count("dropped", "stuck") in (4, 5)
    target.go.set()


def test_all_targets_of_a_configuration_get_every_alert(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    registry = CollectorRegistry()
    with taking() as taker:
        settings = Outputs(file=tmp_path / "alerts", http=Http(url=taker.url))
        outputs = open_outputs(settings, registry, Troubles(registry))
        for output in outputs:
            output.start()
        alert = {"output": "caf\N{LATIN SMALL LETTER E WITH ACUTE}\n\x1b"}
        send(outputs, alert)
        for output in outputs:
            output.close()
    assert json.loads(capfd.readouterr().out) == alert
    assert json.loads((tmp_path / "alerts").read_text()) == alert
    assert taker.alerts == [alert]
