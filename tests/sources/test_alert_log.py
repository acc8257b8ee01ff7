"""Alerts are found in whatever Falco's lines are wrapped into."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from falcolab.cli.main import main
from falcolab.sources.alert_log import LoggedAlert, alert_in
from falcolab.sources.following import follow


def alert(rule: str = "Shell", priority: str = "Notice", seconds: int = 0, **fields: Any) -> str:
    whole = {
        "hostname": "node-1",
        "output": f"a {rule}",
        "output_fields": {"evt.time": 1_700_000_000_000_000_000 + seconds * 10**9, **fields},
        "priority": priority,
        "rule": rule,
        "source": "syscall",
        "tags": ["shell", "container"],
        "time": "2023-11-14T22:13:20.000000000Z",
    }
    return json.dumps(whole)


PLAIN = alert()


@pytest.mark.parametrize(
    "line",
    [
        PLAIN,
        f"  {PLAIN}\n",
        f"[pod/falco-x7/falco] {PLAIN}",
        f"2023-11-14T22:13:20.123456789Z {PLAIN}",
        json.dumps({"log": PLAIN + "\n", "stream": "stdout", "time": "2023-11-14T22:13:21Z"}),
    ],
)
def test_an_alert_is_found_behind_what_stands_in_front(line: str) -> None:
    found = alert_in(line)
    assert found is not None
    assert (found.rule, found.priority.label, found.time) == ("Shell", "Notice", 1_700_000_000_000_000_000)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Tue Nov 14 22:13:20 2023: Falco version: 0.44.1 (x86_64)",
        "{",
        "{}",
        "[1]",
        '{"rule": "x"}',
        '{"rule": 1, "priority": "Notice", "time": "2023-11-14T22:13:20Z"}',
        '{"rule": "x", "priority": "Loud", "time": "2023-11-14T22:13:20Z"}',
        '{"rule": "x", "priority": "Notice", "time": "soon"}',
        '{"level": "info", "msg": "started"}',
        "{" * 100_000,
        '{"log": ' * 5_000,
    ],
)
def test_other_lines_hold_none(line: str) -> None:
    assert alert_in(line) is None


@pytest.mark.parametrize(
    ("fields", "namespace", "pod"),
    [
        ({"k8s.ns.name": "shop", "k8s.pod.name": "web-1"}, "shop", "web-1"),
        ({"k8s.ns.name": "<NA>", "k8s.pod.name": None}, "", ""),
        ({"ka.target.namespace": "ops", "ka.target.name": "job"}, "ops", "job"),
        ({}, "", ""),
    ],
)
def test_namespace_and_pod_come_from_the_fields(fields: dict[str, Any], namespace: str, pod: str) -> None:
    found = alert_in(alert(**fields))
    assert found is not None
    assert (found.namespace, found.pod) == (namespace, pod)


def test_every_alert_that_falco_printed_is_read(shared: Path) -> None:
    files = sorted((shared / "conformance" / "alerts").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert len(lines) > 1000
    found = [alert_in(line) for line in lines]
    assert all(isinstance(each, LoggedAlert) for each in found)
    expected = Counter(json.loads(line)["rule"] for line in lines)
    assert Counter(each.rule for each in found if each) == expected


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "falco.log"
    lines = [
        "Falco initialized",
        alert("Shell", "Notice", 0, **{"k8s.ns.name": "shop"}),
        alert("Shadow", "Warning", 4000, **{"k8s.ns.name": "ops"}),
        alert("Shell", "Notice", 8000, **{"k8s.ns.name": "ops"}),
        alert("Miner\x1b[2J", "Critical", 9000),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["count"], [("Miner\x1b[2J", 1), ("Shadow", 1), ("Shell", 2)]),
        (["top"], [("Shell", 2), ("Shadow", 1), ("Miner\x1b[2J", 1)]),
        (["top", "-n", "1"], [("Shell", 2)]),
        (["count", "--by", "priority"], [("Critical", 1), ("Notice", 2), ("Warning", 1)]),
        (["count", "--by", "namespace"], [("", 1), ("ops", 2), ("shop", 1)]),
        (
            ["count", "--by", "namespace", "--by", "rule", "--namespace", "ops"],
            [("ops", "Shadow", 1), ("ops", "Shell", 1)],
        ),
        (["count", "--by", "tag"], [("container", 4), ("shell", 4)]),
        (["count", "--by", "hour", "--rule", "Shell"], [("2023-11-14 22:00", 1), ("2023-11-15 00:00", 1)]),
        (["count", "--min-priority", "warning"], [("Miner\x1b[2J", 1), ("Shadow", 1)]),
        (["count", "--since", "2023-11-15", "--until", "2023-11-15T00:30:00Z"], [("Shell", 1)]),
    ],
)
def test_alerts_are_counted(
    arguments: list[str], expected: list[tuple[Any, ...]], log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *options = arguments
    assert main(["alerts", command, str(log), "--json", *options]) == 0
    printed = [tuple(json.loads(line).values()) for line in capsys.readouterr().out.splitlines()]
    assert printed == expected


def test_tables_show_shares_and_nothing_that_moves_the_cursor(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", "top", str(log)]) == 0
    printed = capsys.readouterr().out
    assert "50.0%" in printed
    assert "\x1b" not in printed
    assert "Miner\\x1b[2J" in printed


def test_a_packed_log_is_read(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "falco.log.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert main(["alerts", "tail", str(packed), "-n", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "2023-11-15 00:26:40.000 Notice Shell",
        "2023-11-15 00:43:20.000 Critical Miner\\x1b[2J",
    ]


def test_a_log_without_alerts_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.log").write_text("22:13:20.000: Notice a shell\n" * 3)
    assert main(["alerts", "top", str(tmp_path / "text.log")]) == 0
    assert "none of 3 lines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["count", "missing.log"], "missing.log: No such file"),
        (["count", "LOG", "--by", "colour"], "--by colour: must be one of rule"),
        (["tail", "-f", "missing.log"], "missing.log: No such file"),
        (["top", "LOG", "--min-priority", "loud"], "--min-priority loud"),
    ],
)
def test_wrong_use_is_said_with_two(
    arguments: list[str], message: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", *(str(log) if each == "LOG" else each for each in arguments)]) == 2
    assert message in capsys.readouterr().err


def test_following_goes_through_rotations(tmp_path: Path) -> None:
    path = tmp_path / "falco.log"
    path.write_text("1\n2\n")
    lines = follow(path)
    assert [next(lines), next(lines)] == ["1\n", "2\n"]

    def write() -> None:
        with path.open("a") as file:
            file.write("3")
            file.flush()
            time.sleep(0.3)
            file.write("3\n")
        time.sleep(0.5)
        path.rename(tmp_path / "falco.log.1")
        path.write_text("4\n")
        time.sleep(0.5)
        path.write_text("")
        time.sleep(0.5)
        path.write_text("5\n")

    writer = threading.Thread(target=write)
    writer.start()
    assert [next(lines), next(lines), next(lines)] == ["33\n", "4\n", "5\n"]
    writer.join()
    lines.close()  # type: ignore[attr-defined]
