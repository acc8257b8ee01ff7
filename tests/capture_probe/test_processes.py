"""Processes and threads as events tell of them: who made whom, in which namespace, and how they end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from falcolab.system.event import Event
from tests.capture_probe.recorder import Recorder, Run
from tests.capture_probe.workloads import PRIME, times
from tests.system_values.fields import compared

pytestmark = pytest.mark.kernel

CLONES = {
    "clone": "if call(56, 17, 0, 0, 0, 0) == 0: os._exit(7)\n    os.wait()",
    "fork": "if call(57) == 0: os._exit(7)\n    os.wait()",
    "clone3": "if call(435, args, 64) == 0: os._exit(7)\n    os.wait()",
}


@pytest.mark.parametrize("call", CLONES)
def test_both_sides_of_every_clone_are_seen(call: str, recorder: Recorder, tmp_path: Path) -> None:
    arguments = "args = struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0)\n"
    run = recorder.run(arguments + times(CLONES[call]), tmp_path)
    results = [number(event, 0) for event in types(run, call)]
    assert results.count(0) == PRIME
    assert sum(result > 0 for result in results) == PRIME
    exits = [event for event, _ in run.events() if event.type.name == "procexit"]
    assert [number(event, 1) for event in exits].count(7) == PRIME


def test_vfork_of_a_shell_is_followed_by_its_program(recorder: Recorder, tmp_path: Path) -> None:
    run = recorder.run("import subprocess\nsubprocess.run(['/bin/true', 'child'])", tmp_path)
    seen = [
        {name: compared(name, event, machine) for name in ("proc.cmdline", "proc.pname", "proc.ppid")}
        for event, machine in run.events()
        if event.type.name == "execve"
    ]
    assert seen[-1] == {
        "proc.cmdline": "true child",
        "proc.pname": seen[-1]["proc.pname"],
        "proc.ppid": run.pid,
    }
    assert seen[-1]["proc.pname"].startswith("python")


def test_threads_belong_to_their_process(recorder: Recorder, tmp_path: Path) -> None:
    code = """
import threading
thread = threading.Thread(target=lambda: call(87, b'by thread')); thread.start(); thread.join()
"""
    run = recorder.run(code, tmp_path)
    ids = [
        (event.tid == run.pid, compared("proc.pid", event, machine), compared("evt.arg.path", event, machine))
        for event, machine in run.events()
        if event.type.name == "unlink"
    ]
    assert ids == [(False, run.pid, f"{tmp_path}/by thread")]
    ended = [event.tid == run.pid for event in types(run, "procexit")]
    assert sorted(ended) == [False, True]


def test_a_process_in_a_namespace_of_its_own_has_its_own_ids(recorder: Recorder, tmp_path: Path) -> None:
    run = recorder.run_command(
        ["unshare", "--pid", "--fork", "--", "/bin/sh", "-c", "/bin/true; :"], tmp_path
    )
    ids = [
        (compared("proc.vpid", event, machine), compared("proc.pid", event, machine))
        for event, machine in run.events()
        if event.type.name == "execve"
        and compared("proc.exepath", event, machine).endswith(("true", "sh", "dash"))
    ]
    assert [virtual for virtual, _ in ids] == [1, 2]
    assert all(real > 2 for _, real in ids)


def test_the_reaper_of_an_orphan_is_told(recorder: Recorder, tmp_path: Path) -> None:
    code = """
call(157, 36, 1, 0, 0, 0)
if os.fork() == 0:
    if os.fork() == 0:
        os.close(w); os.read(r, 1)
    os._exit(0)
os.wait(); os.close(w); os.wait()
"""
    run = recorder.run("r, w = os.pipe()\n" + code, tmp_path)
    reapers = [number(event, 4) for event, _ in run.events() if event.type.name == "procexit"]
    assert run.pid in reapers


def test_a_signal_ends_a_process(recorder: Recorder, tmp_path: Path) -> None:
    run = recorder.run("if os.fork() == 0: os.kill(os.getpid(), 9)\nos.wait()", tmp_path)
    signals = [event.params[2][0] for event, _ in run.events() if event.type.name == "procexit"]
    assert sorted(signals) == [0, 9]


def test_a_long_command_line_is_cut_off_and_nothing_else_is_lost(recorder: Recorder, tmp_path: Path) -> None:
    code = "os.execve('/bin/true', ['true', 'x' * 9000], {'LONG': 'y' * 9000})"
    run = recorder.run(code, tmp_path)
    event, machine = next(
        (event, machine) for event, machine in run.events() if compared("proc.name", event, machine) == "true"
    )
    assert compared("proc.exepath", event, machine) == "/usr/bin/true"
    assert 4000 < len(event.params[2]) < 4096
    assert 4000 < len(event.params[15]) < 4096


def test_a_deep_path_of_a_program_is_whole(recorder: Recorder, tmp_path: Path) -> None:
    folder = "/".join(["deep" * 20] * 20)
    (tmp_path / folder).mkdir(parents=True)
    shutil.copy("/bin/true", tmp_path / folder / "t")
    run = recorder.run(f"os.execv('{folder}/t', ['t'])", tmp_path)
    paths = [compared("proc.exepath", event, machine) for event, machine in run.events()]
    assert f"{tmp_path}/{folder}/t" in paths


def types(run: Run, name: str) -> list[Event]:
    return [event for event, _ in run.events() if event.type.name == name]


def number(event: Event, index: int) -> int:
    return int.from_bytes(event.params[index], "little", signed=True)
