"""A large capture made of small ones, again and again: other processes of the same machine, later.

A round repeats every recording once, one after the other. In each copy

- every thread and process has a fresh number: in the headers of events, in their parameters
  (``clone``, ``execve``, ``kill``, ``procexit``...) and in the lists of processes and of their
  descriptors; only 0 and 1 stay what they are, and negative results;
- times go on where the copy before ended.

Events that belong to the state at the beginning (accounts, containers) stand at the beginning only.

What else is repeated stays as it is: names of files, addresses, containers, users. The machine
and its users are those of the first recording. Numbers that a call returns without the event
table calling them a process (``getpid``, ``wait4``) stay, too, for no rule looks at them.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from falcolab.system.tables import event_types

START = 1_795_000_000 * 10**9
"""When the first copy begins, ns since 1970."""

_FIRST_ID, _STRIDE = 100_000, 40_000
_LAST_ID = 2**22
"""The numbers of processes: those of each copy have a range of their own, within what Linux allows."""

_PROCESSES, _DESCRIPTORS, _EVENTS = 0x215, 0x218, (0x216, 0x221)
_MACHINE = (0x0A0D0D0A, 0x201, 0x219, 0x220)
_FRAME, _ID = struct.Struct("<II"), struct.Struct("<q")
_HEADER = struct.Struct("<HQqIHI")
"""Of an event: processor, time, thread, length, type, number of parameters."""

_INITIAL = frozenset({"container", "useradded", "userdeleted", "groupadded", "groupdeleted", "asyncevent"})
"""Events that belong to the state at the beginning when nothing else has happened before."""

_TAIL = 76
"""The size of what today's recorders append to an entry of a process list; it ends with the group."""


@dataclass
class Pieces:
    """Bytes with the places of what a copy renews, numbers of eight bytes all of them.

    Attributes:
        content: the bytes.
        times: where the times are.
        ids: where the numbers of processes are.
    """

    content: bytearray = field(default_factory=bytearray)
    times: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def add(self, block: bytes, ids: Iterable[int], time: int | None = None) -> None:
        """Add a block; given is where in it the numbers are."""
        base = len(self.content)
        self.ids += [base + at for at in ids if _ID.unpack_from(block, at)[0] > 1]
        if time is not None:
            self.times.append(base + time)
        self.content += block

    def copy(self, later: int, further: int) -> bytes:
        """A copy, with so much added to its times and to the numbers of its processes."""
        copied = self._bytes.copy()
        for (places, numbers), more in zip(self._numbers, (later, further), strict=True):
            copied[places] = (numbers + more).astype("<i8").view(np.uint8).reshape(-1, 8)
        return copied.tobytes()

    @cached_property
    def _bytes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(bytes(self.content), np.uint8)

    @cached_property
    def _numbers(self) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Times and ids: the places of their bytes, and what they are."""
        places = [np.array(at, np.int64)[:, None] + np.arange(8) for at in (self.times, self.ids)]
        return [(at, self._bytes[at].reshape(-1, 8).view("<i8")[:, 0]) for at in places]


@dataclass
class Recording:
    """A capture taken apart.

    Attributes:
        machine: the blocks about the machine as a whole.
        init: those about the first process.
        processes: those about the other processes.
        descriptors: those about their descriptors.
        initial: the events that belong to the state at the beginning.
        events: the others.
        first: when they begin.
        length: the nanoseconds from there to the last.
    """

    machine: bytes = b""
    init: bytes = b""
    processes: Pieces = field(default_factory=Pieces)
    descriptors: Pieces = field(default_factory=Pieces)
    initial: Pieces = field(default_factory=Pieces)
    events: Pieces = field(default_factory=Pieces)
    first: int = 0
    length: int = 0

    @classmethod
    def of(cls, path: Path) -> Recording:
        """The recording in a file of today's format, gzip or not."""
        content = path.read_bytes()
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        recording, with_ids = cls(), _parameters_with_ids()
        for code, block in _blocks(content):
            if code in _MACHINE:
                recording.machine += block
            elif code == _PROCESSES:
                recording._take_processes(block)
            elif code == _DESCRIPTORS:
                recording._take_descriptors(block)
            elif code in _EVENTS:
                recording._pieces_for(block).add(block, _ids_of_event(block, with_ids), time=10)
            else:
                raise ValueError(f"{path}: a block of type {code:#x}, which is not of today's format")
        recording._set_times()
        return recording

    def _take_processes(self, block: bytes) -> None:
        at = 8
        while len(block) - 4 - at >= 4:
            size = int.from_bytes(block[at : at + 4], "little")
            entry = _block(_PROCESSES, block[at : at + size])
            if _ID.unpack_from(entry, 12)[0] > 1:
                self.processes.add(entry, _ids_of_process(entry, size))
            else:
                self.init += entry
            at += size

    def _take_descriptors(self, block: bytes) -> None:
        if _ID.unpack_from(block, 8)[0] > 1:
            self.descriptors.add(block, [8])
        else:
            self.init += block

    def _pieces_for(self, block: bytes) -> Pieces:
        is_initial = event_types()[_HEADER.unpack_from(block, 8)[4]].name in _INITIAL
        return self.initial if is_initial and not self.events.content else self.events

    def _set_times(self) -> None:
        """Let events without a time, and those of the state, happen when the recording begins."""
        events = self.events
        times = [_ID.unpack_from(events.content, at)[0] for at in events.times]
        self.first = min(filter(None, times))
        self.length = max(times) - self.first
        for at, time in zip(events.times, times, strict=True):
            if not time:
                _ID.pack_into(events.content, at, self.first)
        for at in self.initial.times:
            _ID.pack_into(self.initial.content, at, self.first)


def _blocks(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        code, length = _FRAME.unpack_from(content, at)
        yield code, content[at : at + length]
        at += length


def _block(code: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    length = len(padded) + 12
    return _FRAME.pack(code, length) + padded + length.to_bytes(4, "little")


def _parameters_with_ids() -> list[frozenset[int]]:
    """By event type, the parameters that are the number of a process."""
    return [
        frozenset(index for index, param in enumerate(type_.params) if param.type == "PID")
        for type_ in event_types()
    ]


def _ids_of_event(block: bytes, with_ids: Sequence[frozenset[int]]) -> list[int]:
    """Where an event has numbers of processes."""
    *_, id_, count = _HEADER.unpack_from(block, 8)
    found, at = [18], 8 + _HEADER.size + 2 * count
    if with_ids[id_]:
        for index, size in enumerate(struct.unpack_from(f"<{count}H", block, 8 + _HEADER.size)):
            if index in with_ids[id_] and size == 8:
                found.append(at)
            at += size
    return found


def _ids_of_process(block: bytes, size: int) -> list[int]:
    """Where an entry of a process list, alone in its block, has numbers of processes."""
    end = 8 + size
    at = _after_texts(block, 8 + 44, 5) + 20 + 28  # After comm to cwd: limits and user, and memory.
    namespaced = _after_texts(block, at, 1)
    tail = _after_texts(block, namespaced + 16, 2)
    group = [tail + _TAIL - 8] if end - tail >= _TAIL else []
    return [12, 20, 28, 36, 44, namespaced, namespaced + 8, *group]


def _after_texts(block: bytes, at: int, count: int) -> int:
    for _ in range(count):
        at += 2 + int.from_bytes(block[at : at + 2], "little")
    return at


def write_capture(recordings: Sequence[Recording], rounds: int, path: Path) -> int:
    """Write so many rounds; gives the size of the file in bytes.

    Raises:
        ValueError: there are not enough numbers for so many processes.
    """
    if _FIRST_ID + rounds * len(recordings) * _STRIDE > _LAST_ID:
        raise ValueError(f"{rounds} rounds have more processes than Linux has numbers")
    copies = [
        (recording, _FIRST_ID + (turn * len(recordings) + index) * _STRIDE)
        for turn in range(rounds)
        for index, recording in enumerate(recordings)
    ]
    now = START
    with path.open("wb") as stream:
        stream.write(recordings[0].machine + next(filter(None, (each.init for each in recordings)), b""))
        for recording, further in copies:
            stream.write(recording.processes.copy(0, further))
        for recording, further in copies:
            stream.write(recording.descriptors.copy(0, further))
        for recording, further in copies[: len(recordings)]:
            stream.write(recording.initial.copy(now - recording.first, further))
        for recording, further in copies:
            stream.write(recording.events.copy(now - recording.first, further))
            now += recording.length + 10**9
        return stream.tell()
