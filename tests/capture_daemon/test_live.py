"""The daemon with the probe, as people run it: a known workload, and the replay of what was recorded."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from capture.probe.requirements import missing
from falcolab import Lake
from tests.capture_daemon.conftest import SmallDisk
from tests.capture_daemon.running import PROGRAM, Setup, There, there
from tests.e2e_containers.processes import wait_for

pytestmark = pytest.mark.kernel

OPENED, STARTED = 23, 7


@pytest.fixture(autouse=True)
def machine_can() -> None:
    if (problem := missing()) is not None:
        pytest.skip(problem)


def open_marked(folder: Path, count: int, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        os.close(os.open(folder / f"falcolab-mark-{number}", os.O_RDWR | os.O_CREAT))


def work(folder: Path) -> None:
    """What the rules ask for, so many times, and something that they except."""
    open_marked(folder, OPENED)
    for _ in range(STARTED):
        subprocess.run(["/bin/true", folder], check=True)
    subprocess.run(["cat", folder / "falcolab-mark-0"], check=True)


def replayed(setup: Setup) -> str:
    """What the command says of the lake."""
    program = [*PROGRAM[:3], "replay", str(setup.lake), "-r", str(setup.rules)]
    options = ["--matching", "first", "--append-suggested", "--json"]
    return subprocess.run([*program, *options], check=True, capture_output=True, text=True).stdout


def said(setup: Setup) -> str:
    """What was said live."""
    return (setup.folder / "alerts.jsonl").read_text()


def capabilities(pid: int) -> Counter[str]:
    """The effective capabilities of the threads of a process."""
    found = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return Counter(
        line.split()[1] for text in found for line in text.splitlines() if line.startswith("CapEff")
    )


def check_while_it_runs(setup: Setup, daemon: There) -> None:
    assert daemon.health() == (200, [])
    assert daemon.metric("falcosecurity_falco_rules_matches_total") == OPENED + STARTED
    assert daemon.metric("falcosecurity_scap_n_evts_total") > OPENED + STARTED
    assert daemon.metric("falcosecurity_scap_n_drops_total") == 0
    assert daemon.metric("falcolab_kernel_recorded_total") > OPENED + STARTED
    by_thread = capabilities(daemon.process.pid)
    assert by_thread.pop("0000000000000000") >= 4
    # Those of the libraries for numbers and memory, which run no code of ours, are there before.
    assert sum(by_thread.values()) <= 2 + (os.cpu_count() or 1)


def check_reload(setup: Setup, daemon: There) -> None:
    good = setup.rules.read_text()
    setup.rules.write_text(good.replace("fd.name", "fd.nam"))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.health()[0] == 503)
    assert "rules: they stay as they were" in daemon.log.read_text()
    setup.rules.write_text(good + "\n# read as well\n- macro: m\n  condition: evt.type = read\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.health() == (200, []))
    setup.rules.write_text(good.replace("evt.type in (open, openat)", "evt.type in (open, openat, read)"))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.trouble("hooks") == 1)
    assert "the rules want read: hooked at the next start only" in daemon.log.read_text()
    setup.rules.write_text(good)
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.health() == (200, []))


def test_alerts_metrics_reload_and_the_same_verdict_again(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    with there(setup) as daemon:
        work(tmp_path)
        wait_for(lambda: len(setup.alerts()) == OPENED + STARTED)
        check_while_it_runs(setup, daemon)
        check_reload(setup, daemon)
        assert daemon.end() == 0
    alerts = setup.alerts()
    rules = Counter(alert["rule"] for alert in alerts)
    assert rules == {"Marked file opened": OPENED, "Marked program started": STARTED}
    assert replayed(setup) == said(setup)
    lake = Lake(setup.lake)
    assert lake.verify() == []
    assert (
        len(lake.match(f"evt.type = openat and fd.name startswith {tmp_path}/falcolab-mark").df())
        == OPENED + 1
    )
    assert not any(capture.lost for capture in lake.captures)


def test_a_full_disk_holds_events_back_and_says_so(tmp_path: Path, small_disk: SmallDisk) -> None:
    setup = Setup(tmp_path, {"journal": str(small_disk.path / "journal")})
    with there(setup) as daemon:
        open_marked(tmp_path, 5)
        wait_for(lambda: len(setup.alerts()) == 5)
        small_disk.fill()
        open_marked(tmp_path, 11, begin=5)
        wait_for(lambda: daemon.trouble("journal") >= 1)
        status, problems = daemon.health()
        assert status == 503
        assert any("journal: system calls are held back" in problem for problem in problems)
        small_disk.make_room()
        wait_for(lambda: len(setup.alerts()) == 16)
        wait_for(lambda: daemon.health() == (200, []))
        assert daemon.end() == 0
    assert "system calls are held back" in daemon.log.read_text()
    assert replayed(setup) == said(setup)


def test_record_keeps_a_command_and_its_children_and_nobody_else(tmp_path: Path) -> None:
    script = "/bin/true 1; (/bin/true 2; /bin/true 3; exit) & wait; exit 7"
    command = ["record", "--lake", tmp_path / "lake", "--", "bash", "-c", script]
    other = subprocess.Popen(["bash", "-c", "while true; do /bin/true other; sleep 0.02; done"])
    try:
        done = subprocess.run([*PROGRAM, *map(str, command)], check=False, capture_output=True, text=True)
    finally:
        other.kill()
        other.wait()
    assert done.returncode == 7, done.stderr
    lake = Lake(tmp_path / "lake")
    ran = lake.sql("""SELECT "proc.cmdline" AS line FROM events WHERE "evt.type" = 'procexit'""")["line"]
    assert sorted(ran) == [*[f"bash -c {script}"] * 2, "true 1", "true 2", "true 3"]
    assert f"{sum(capture.events for capture in lake.captures):,} events of bash" in done.stderr
