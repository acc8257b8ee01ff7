"""Runs programs under the probe and tells what rules would see of them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from capture.host.scan import scan
from capture.probe.probe import Probe
from falcolab.sources.scap.event_reader import EventReader
from falcolab.sources.scap.stream import Stream
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot
from tests.system_values.fields import in_json

PRELUDE = """
import ctypes, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
call = libc.syscall
call.restype = ctypes.c_long
here = os.getcwd().encode()
"""
"""What every program of the tests begins with; it runs in a folder of its own."""


@dataclass(frozen=True)
class Seen:
    """One event: its type and the fields that were asked for."""

    type: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What was recorded of a program and its children.

    Attributes:
        pid: of the program.
        data: all that was in the ring, of the whole machine.
        snapshot: the machine before the program began.
    """

    pid: int
    data: bytes
    snapshot: Snapshot

    def events(self) -> Iterator[tuple[Event, Machine]]:
        """The events of the program and its children, with the state after each."""
        machine = Machine()
        machine.begin(self.snapshot)
        for event in EventReader(Stream(BytesIO(self.data))):
            if machine.take(event) and is_within(machine, event, self.pid):
                yield event, machine

    def seen(self, type_: str, names: tuple[str, ...]) -> list[Seen]:
        """The events of one type with these fields."""
        return [
            Seen(type_, {name: in_json(name, event, machine) for name in names})
            for event, machine in self.events()
            if event.type.name == type_
        ]


def is_within(machine: Machine, event: Event, root: int) -> bool:
    """Whether an event happened in a process or in one that it made."""
    thread, steps = event.thread, 0
    while thread is not None and steps < 20:
        if root in (thread.pid, thread.tid):
            return True
        thread, steps = machine.find(thread.ptid if thread.tid == thread.pid else thread.pid), steps + 1
    return False


def drain_all(probe: Probe) -> bytes:
    """Everything that is in the ring."""
    parts = []
    while (chunk := probe.drain()).records:
        parts.append(chunk.data)
    return b"".join(parts)


@dataclass(frozen=True)
class Recorder:
    """A probe that is attached, for programs one after the other."""

    probe: Probe

    def run(self, code: str, folder: Path) -> Run:
        """Run Python code below a folder; it must end well."""
        return self.run_command([sys.executable, "-I", "-S", "-c", PRELUDE + code], folder)

    def run_command(self, command: list[str], folder: Path) -> Run:
        """Run a command below a folder; it must end well."""
        snapshot = scan()
        drain_all(self.probe)
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
        messages = process.communicate(timeout=60)[1]
        assert process.returncode == 0, messages.decode()
        time.sleep(0.02)
        return Run(process.pid, drain_all(self.probe), snapshot)
