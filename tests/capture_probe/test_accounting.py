"""Submitted is recorded and lost, to the event; and what is not to be recorded is not."""

from __future__ import annotations

import struct
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from capture.probe.probe import Probe
from tests.capture_probe.recorder import Recorder, drain_all

pytestmark = pytest.mark.kernel

LCHOWN = 381
"""A call that no other test makes, for tests may run at the same time."""
LOOP = (
    "import ctypes\ncall = ctypes.CDLL(None).syscall\nfor _ in range({}): call(94, b'/nonexistent/x', 0, 0)"
)


def types_in(data: bytes) -> Counter[int]:
    """The types of the event blocks in some bytes, which must be nothing but blocks."""
    found: Counter[int] = Counter()
    at = 0
    while at < len(data):
        code, length = struct.unpack_from("<II", data, at)
        assert code == 0x216
        assert length % 8 == 0
        assert struct.unpack_from("<I", data, at + length - 4) == (length,)
        found[struct.unpack_from("<H", data, at + 30)[0]] += 1
        at += length
    return found


def run_loop(count: int) -> int:
    process = subprocess.Popen(["/usr/bin/env", "python3", "-I", "-S", "-c", LOOP.format(count)])
    assert process.wait(60) == 0
    return process.pid


def test_counters_agree_with_what_is_drained(machine_can: None) -> None:
    with Probe(["lchown", "openat", "close"]) as probe:
        probe.attach()
        run_loop(997)
        probe.detach()
        counts, drained = probe.counts(), types_in(drain_all(probe))
    assert {type_: recorded for type_, (recorded, _) in counts.by_type().items()} == dict(drained)
    assert drained[LCHOWN] == 997
    assert int(counts.lost.sum()) == 0


def test_what_finds_no_room_is_counted_as_lost(machine_can: None) -> None:
    with Probe(["lchown"], ring_size=64 * 1024) as probe:
        probe.attach()
        run_loop(9973)
        probe.detach()
        counts, drained = probe.counts(), types_in(drain_all(probe))
    recorded, lost = counts.by_type()[LCHOWN]
    assert recorded + lost == 9973
    assert lost > 0
    assert recorded == drained[LCHOWN]
    assert sum(types.get(LCHOWN, 0) for types in counts.lost_by_processor().values()) == lost
    assert counts.submitted == drained.total() + int(counts.lost.sum())


def test_the_process_that_loads_the_probe_is_not_recorded(recorder: Recorder, tmp_path: Path) -> None:
    for _ in range(23):
        (tmp_path / "own").write_text("nothing of this is recorded")
    assert b"nothing of this is recorded" not in drain_all(recorder.probe)


def test_other_processes_can_be_left_out(machine_can: None) -> None:
    code = "import sys\nsys.stdin.readline()\nfor _ in range(23): open('/etc/shells').close()"
    process = subprocess.Popen(["/usr/bin/env", "python3", "-I", "-S", "-c", code], stdin=subprocess.PIPE)
    with Probe(["openat"], exclude=[process.pid]) as probe:
        probe.attach()
        process.communicate(b"go\n")
        assert b"/etc/shells" not in drain_all(probe)


def test_events_are_dated_by_the_clock(recorder: Recorder, tmp_path: Path) -> None:
    begin = time.time_ns()
    run = recorder.run("pass", tmp_path)
    end = time.time_ns()
    times = [event.time for event, _ in run.events()]
    assert begin - 10**6 < min(times) < max(times) < end + 10**6


def elf32() -> bytes:
    """A program of 32 bits that does nothing but exit."""
    code = bytes.fromhex("b80100000031dbcd80")  # mov eax, 1; xor ebx, ebx; int 0x80
    base, size = 0x08048000, 84 + len(code)
    head = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return head + struct.pack("<8I", 1, 0, base, base, size, size, 5, 4096) + code


def test_programs_and_calls_of_32_bits_are_counted(machine_can: None, tmp_path: Path) -> None:
    program = tmp_path / "old"
    program.write_bytes(elf32())
    program.chmod(0o700)
    with Probe(["execve"], count_compat=True) as probe:
        probe.attach()
        for _ in range(23):
            assert subprocess.run([str(program)], check=False).returncode == 0
        counts = probe.counts()
    assert (counts.compat_programs, counts.compat_calls) == (23, 23)


def test_calls_that_the_kernel_is_built_without_are_told(machine_can: None) -> None:
    modules = ["init_module", "finit_module", "delete_module"]
    with Probe(["close", *modules]) as probe:
        assert set(probe.unavailable) in ({*modules}, set(), {*modules} - {"delete_module"})
