"""Each line of ``docs/bad-input.md``: input that is not as it should be has a stated outcome."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CLUSTER, NOISY, Run
from tests.shared_data import ROOT

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a-1",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-01-01T00:00:00.000001Z",
    "verb": "get",
}
GOOD = json.dumps(EVENT)


def _ingest(run: Run, tmp_path: Path, content: bytes | str) -> tuple[Any, Path]:
    file = tmp_path / "log"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    lake = tmp_path / "lake"
    return run("ingest", "k8s-audit", file, "--lake", lake), lake


def test_a_bad_line_among_good_ones_is_quarantined_and_counted(run: Run, tmp_path: Path) -> None:
    done, lake = _ingest(run, tmp_path, f"{GOOD}\nnonsense\n{GOOD}\n" + '{"kind":"Event"}\n')
    assert (done.code, run("lake", "verify", lake).code) == (0, 0)
    (capture,) = run("lake", "info", lake, "--json").json["captures"]
    assert (capture["events"], capture["rejected"]) == (2, 2)
    (file,) = (lake / "quarantine").iterdir()
    first, second = map(json.loads, file.read_text().splitlines())
    assert (first["line"], first["offset"], first["content"]) == (2, len(GOOD) + 1, "nonsense")
    assert second["reason"] == "audit event without stageTimestamp"
    assert str(file) in done.err


@pytest.mark.parametrize(
    "content", ['{"kind":"Event"}', '{"kind":0}', json.dumps({**EVENT, "stageTimestamp": "yesterday"})]
)
def test_a_damaged_event_alone_is_quarantined(run: Run, tmp_path: Path, content: str) -> None:
    done, lake = _ingest(run, tmp_path, content)
    assert (done.code, run("lake", "verify", lake).code) == (0, 0)
    assert run("replay", lake, "-r", NOISY, "--json").lines == []
    assert run("match", lake, "ka.verb exists", "--json").json["matches"] == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"hello\n", b'{"kind":"Pod"}', b"[1, 2]", b'{"a":', os.urandom(65_536), b"\n" * 1000, b"\0" * 1000],
    ids=["nothing", "text", "other JSON", "numbers", "half", "random", "blank lines", "zeros"],
)
def test_what_is_no_audit_log_is_refused_and_makes_no_lake(run: Run, tmp_path: Path, content: bytes) -> None:
    done, lake = _ingest(run, tmp_path, content)
    assert (done.code, lake.exists()) == (2, False)
    assert "holds no Kubernetes audit event" in done.err


def _tree(lake: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(lake.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("cut", [1, 11, 3000, -1, -5])
def test_gzip_that_breaks_off_leaves_the_lake_unchanged(run: Run, tmp_path: Path, cut: int) -> None:
    _, lake = _ingest(run, tmp_path, GOOD)
    before = _tree(lake)
    done, _ = _ingest(run, tmp_path, (CLUSTER / "audit.jsonl.gz").read_bytes()[:cut])
    assert done.code == 2
    assert _tree(lake) == before


def test_damaged_gzip_leaves_the_lake_unchanged(run: Run, tmp_path: Path) -> None:
    content = bytearray(gzip.compress((GOOD + "\n").encode() * 1000))
    content[40] ^= 0xFF
    done, lake = _ingest(run, tmp_path, bytes(content))
    assert (done.code, lake.exists()) == (2, False)


@pytest.mark.parametrize(
    ("file", "reason"),
    [("missing", "No such file"), ("", "Is a directory"), ("../../proc/self/mem", "Input/output error")],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    run: Run, tmp_path: Path, file: str, reason: str
) -> None:
    path = Path("/proc/self/mem") if "mem" in file else tmp_path / file
    done = run("ingest", "k8s-audit", path, "--lake", tmp_path / "lake")
    assert (done.code, (tmp_path / "lake").exists()) == (2, False)
    assert reason in done.err


@pytest.mark.parametrize("command", [("replay", "-r", NOISY), ("match", "ka.verb = get"), ("lake",)])
def test_what_is_no_lake_is_refused(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    words = ("lake", "info", tmp_path) if command == ("lake",) else (command[0], tmp_path, *command[1:])
    done = run(*words)
    assert done.code == 2
    assert "no lake there" in done.err


def test_a_folder_with_other_files_is_not_made_a_lake(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/thesis.txt").write_text("precious")
    done, lake = _ingest(run, tmp_path, GOOD)
    assert done.code == 2
    assert [path.name for path in lake.iterdir()] == ["thesis.txt"]


def test_a_lake_of_another_format_is_refused(run: Run, tmp_path: Path) -> None:
    _, lake = _ingest(run, tmp_path, GOOD)
    (lake / "lake.json").write_text('{"format": 999}')
    assert "lake format 999" in run("lake", "info", lake).err


def _in_a_process(
    lake: Path, content: bytes, tmp_path: Path, *, memory: int
) -> subprocess.CompletedProcess[bytes]:
    file = tmp_path / "large"
    file.write_bytes(content)
    command = [sys.executable, "-m", "falcolab", "ingest", "k8s-audit", str(file), "--lake", str(lake)]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return subprocess.run(command, preexec_fn=limit, capture_output=True, timeout=60, check=False, cwd=ROOT)


def test_a_line_of_100_megabytes_takes_bounded_time_and_memory(run: Run, tmp_path: Path) -> None:
    large = json.dumps({**EVENT, "requestObject": {"data": {"x": "y" * 100_000_000}}})
    lake = tmp_path / "lake"
    done = _in_a_process(lake, f"{GOOD}\n{large}\n{GOOD}\n".encode(), tmp_path, memory=4 << 30)
    assert done.returncode == 0, done.stderr
    (capture,) = run("lake", "info", lake, "--json").json["captures"]
    assert (capture["events"], capture["rejected"]) == (2, 1)


def test_an_endless_line_takes_bounded_memory(tmp_path: Path) -> None:
    done = _in_a_process(tmp_path / "lake", b"a" * 400_000_000, tmp_path, memory=4 << 30)
    assert done.returncode == 2
    assert b"holds no Kubernetes audit event" in done.stderr


def test_deep_json_among_good_events_is_quarantined(run: Run, tmp_path: Path) -> None:
    deep = GOOD[:-1] + ',"requestObject":' + "[" * 10_000 + "]" * 10_000 + "}"
    done, lake = _ingest(run, tmp_path, f"{GOOD}\n{deep}\n")
    assert done.code == 0
    (capture,) = run("lake", "info", lake, "--json").json["captures"]
    assert (capture["events"], capture["rejected"]) == (1, 1)


def test_invalid_utf8_is_taken_and_prints_as_replacement(run: Run, tmp_path: Path) -> None:
    content = GOOD.replace("a-1", "a-\xff").replace('"get"', '"g\xfet"').encode("latin-1")
    done, lake = _ingest(run, tmp_path, content)
    assert done.code == 0
    found = run("match", lake, "ka.verb startswith g and ka.verb endswith t", "--json").json
    assert found["events"] == [{"ka.auditid": "a-\ufffd", "stage": "ResponseComplete"}]


def test_an_interrupted_ingest_leaves_no_half_file(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    line = gzip.decompress((CLUSTER / "audit.jsonl.gz").read_bytes())
    log.write_bytes(line * 60)
    lake = tmp_path / "lake"
    command = [sys.executable, "-m", "falcolab", "ingest", "k8s-audit", str(log), "--lake", str(lake)]
    for delay in (0.6, 0.9, 1.2, 1.5, 1.8, 2.1):
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (lake / "lake.json").exists():
            captures = run("lake", "info", lake, "--json").json["captures"]
            assert [capture["events"] for capture in captures] in ([], [72_000])
    assert run("ingest", "k8s-audit", log, "--lake", lake).code == 0
    assert run("lake", "verify", lake).out == "ok\n"
    assert not (lake / ".staging").exists()
    assert len(run("match", lake, "ka.response.code = 403", "--json").json["events"]) == 120


def test_the_same_content_adds_nothing_and_equal_events_in_one_file_are_two(run: Run, tmp_path: Path) -> None:
    _, lake = _ingest(run, tmp_path, f"{GOOD}\n{GOOD}\n")
    assert run("match", lake, "ka.verb = get", "--json").json["matches"] == 2
    again, _ = _ingest(run, tmp_path, gzip.compress(f"{GOOD}\n{GOOD}\n".encode()))
    assert (again.code, "nothing added" in again.err) == (0, True)
    assert run("match", lake, "ka.verb = get", "--json").json["matches"] == 2


@pytest.mark.parametrize(
    ("content", "exit_code", "says"),
    [
        (b"", 0, "Ok"),
        (b"# only a comment\n", 0, "Ok"),
        (b"- [", 1, "LOAD_ERR_YAML_PARSE"),
        (b"- rule: \xff\xfe\n", 1, "LOAD_ERR_YAML_VALIDATE"),
        (b"[" * 10_000, 1, "LOAD_ERR_YAML_PARSE"),
        (
            b"a: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
            ),
            1,
            "LOAD_ERR_YAML_PARSE",
        ),
        (b"foo: bar\n", 1, "LOAD_ERR_YAML_VALIDATE"),
        (b"- macro: m\n  condition: " + b"(" * 10_000 + b"proc.name=a" + b")" * 10_000, 1, "LOAD_ERR"),
        (b"- macro: m\n  condition: m and m\n", 1, "LOAD_ERR_VALIDATE"),
        (
            b"- macro: m0\n  condition: proc.name=a\n"
            + b"".join(b"- macro: m%d\n  condition: m%d and m%d\n" % (n, n - 1, n - 1) for n in range(1, 60)),
            1,
            "LOAD_ERR_VALIDATE",
        ),
    ],
    ids=[
        "empty",
        "comment",
        "no YAML",
        "no UTF-8",
        "deep YAML",
        "bomb",
        "mapping",
        "deep",
        "loop",
        "doubling",
    ],
)
def test_rules_files_have_falcos_verdict_or_a_load_error(
    run: Run, tmp_path: Path, content: bytes, exit_code: int, says: str
) -> None:
    rules = tmp_path / "r.yaml"
    rules.write_bytes(content)
    begun = time.process_time()
    done = run("rules", "check", rules)
    assert (done.code, says in done.out) == (exit_code, True), done.out
    assert time.process_time() - begun < 20


def test_a_missing_rules_file_is_refused(run: Run, tmp_path: Path, cluster_lake: Path) -> None:
    assert run("rules", "check", tmp_path / "none.yaml").code == 2
    assert run("replay", cluster_lake, "-r", tmp_path / "none.yaml").code == 2


def test_a_condition_that_does_not_compile_answers_no(run: Run, cluster_lake: Path) -> None:
    assert run("match", cluster_lake, "ka.verb = ").code == 1
    done = run("match", cluster_lake, "ka.verb = ", "--json")
    assert (done.code, done.json["error"]) == (1, "LOAD_ERR_COMPILE_CONDITION")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--source", "syscalls"], "no such event source"),
        (["--matching", "some"], "must be first or all"),
        (["--min-priority", "urgent"], "must be one of Emergency"),
        (["--since", "yesterday"], "write it as 2026-11-24T08:30:00Z"),
        (["--nonsense"], "No such option"),
    ],
)
def test_a_wrong_option_says_what_is_right(
    run: Run, cluster_lake: Path, options: list[str], says: str
) -> None:
    done = run("replay", cluster_lake, "-r", NOISY, *options)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_of_a_capture_that_is_cut_off_everything_before_is_taken(
    run: Run, tmp_path: Path, *, packed: bool
) -> None:
    content = (ROOT / "datasets/host-scenario/capture.scap").read_bytes()
    file, lake = tmp_path / "cut.scap", tmp_path / "lake"
    file.write_bytes(content[:20_000] if packed else gzip.decompress(content)[:600_000])
    done = run("ingest", "scap", file, "--lake", lake)
    assert (done.code, "events, then the file breaks off: " in done.err) == (0, True)
    (capture,) = run("lake", "info", lake, "--json").json["captures"]
    assert capture["events"] == (2126 if packed else 4867)
    assert capture["damage"]
    assert run("lake", "verify", lake).out == "ok\n"


@pytest.mark.parametrize("content", [b"", b"hello", os.urandom(4096)], ids=["nothing", "text", "random"])
def test_what_is_no_capture_is_refused_and_makes_no_lake(run: Run, tmp_path: Path, content: bytes) -> None:
    file, lake = tmp_path / "no.scap", tmp_path / "lake"
    file.write_bytes(content)
    done = run("ingest", "scap", file, "--lake", lake)
    assert (done.code, lake.exists()) == (2, False)
    assert "cannot be read as a capture" in done.err
