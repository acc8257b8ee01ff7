"""Damaged captures made from sound ones, and what must hold of each.

``python -m tests.scap.mutations FOLDER [COUNT]`` damages the captures of a folder so many times
and tells of every one that is not read as it should be.
"""

from __future__ import annotations

import gzip
import io
import random
import resource
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from falcolab.errors import InputError
from falcolab.sources.scap import Capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine

SLOW = 20.0
"""Seconds after which the reading of a damaged capture of a few megabytes counts as hanging."""

_EVENT_CODES = frozenset({0x204, 0x208, 0x216, 0x217, 0x221, 0x222})


@dataclass(slots=True)
class Sound:
    """A sound capture, unpacked.

    Attributes:
        content: its bytes.
        first: where its first event begins.
        events: what it holds, before the machine takes it.
        ends: the place where the block of each event ends.
        packed: its bytes as a gzip file.
    """

    content: bytes
    first: int
    events: list[tuple[object, ...]]
    ends: list[int]
    packed: bytes


def plain(event: Event) -> tuple[object, ...]:
    """The part of an event that comes from the file."""
    return event.type.id, event.time, event.tid, event.cpu, event.params, event.state_only


def events_of(content: bytes) -> tuple[list[tuple[object, ...]], list[int], Capture]:
    """The events of a capture with the places behind them."""
    capture = Capture(io.BytesIO(content), "test.scap")
    events: list[tuple[object, ...]] = []
    ends: list[int] = []
    for item in capture:
        if isinstance(item, Event):
            events.append(plain(item))
            ends.append(capture.offset)
    return events, ends, capture


def sound(path: Path) -> Sound:
    """A capture from a file, packed or not."""
    packed = path.read_bytes()
    content = gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed
    events, ends, capture = events_of(content)
    assert capture.ending is not None
    assert capture.ending.is_whole, capture.ending.reason
    return Sound(content, _first_event(content), events, ends, gzip.compress(content, 6))


def _first_event(content: bytes) -> int:
    at = 0
    while True:
        code, size = struct.unpack_from("<II", content, at)
        if code in _EVENT_CODES:
            return at
        at += size


def damage(chance: random.Random, content: bytes, begin: int) -> tuple[bytes, int]:
    """Other bytes, and the first place where they differ."""
    at = chance.randrange(begin, len(content))
    kind = chance.randrange(6)
    if kind == 0:
        return content[:at], at
    if kind == 1:
        changed = bytes([content[at] ^ 1 << chance.randrange(8)])
    elif kind == 2:
        changed = chance.randbytes(chance.choice([1, 2, 4, 8, 64]))
    elif kind == 3:
        changed = chance.choice([b"\0", b"\xff"]) * chance.choice([1, 2, 4, 8, 64])
    elif kind == 4:
        return content[:at] + content[at + chance.randrange(1, 64) :], at
    else:
        return content[:at] + chance.randbytes(chance.randrange(1, 64)) + content[at:], at
    return content[:at] + changed + content[at + len(changed) :], at


def complaint(capture: Sound, seed: int) -> str:
    """What is wrong with how a damaged capture is read; empty if nothing is."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        damaged, _ = damage(chance, capture.packed, 10)
        return _complaint(damaged, [])
    begin = capture.first if chance.random() < 0.75 else 0
    damaged, at = damage(chance, capture.content, begin)
    before = sum(end <= at for end in capture.ends)
    return _complaint(damaged, capture.events[:before] if at >= capture.first else [])


def _complaint(damaged: bytes, expected: list[tuple[object, ...]]) -> str:
    """What is wrong, if these events stand before the damage."""
    begun = time.monotonic()
    machine = Machine()
    events: list[tuple[object, ...]] = []
    try:
        capture = Capture(io.BytesIO(damaged), "test.scap")
    except InputError as error:
        return "" if not expected else f"not opened: {error}"
    for item in capture:
        if isinstance(item, Event):
            if len(events) < len(expected):
                events.append(plain(item))
            machine.take(item)
        else:
            machine.begin(item)
    if events != expected:
        return f"of {len(expected)} events before the damage {len(events)} were read, or read otherwise"
    if capture.ending is None:
        return "the ending is not told"
    took = time.monotonic() - begun
    return f"it took {took:.1f} seconds" if took > SLOW else ""


def complaints(captures: dict[str, Sound], seeds: range) -> Iterator[str]:
    """One after the other, what is wrong with which seed."""
    names = sorted(captures)
    for seed in seeds:
        name = names[seed % len(names)]
        try:
            problem = complaint(captures[name], seed)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            yield f"{name}, seed {seed}: {problem}"


def main(folder: Path, count: int) -> int:
    """Damage captures; 0 when all were read as they should be."""
    captures = {
        path.name: sound(path) for path in sorted(folder.glob("*.scap")) if path.stat().st_size < 2**18
    }
    begun, found = time.monotonic(), 0
    for problem in complaints(captures, range(count)):
        sys.stdout.write(f"{problem}\n")
        found += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    took = time.monotonic() - begun
    sys.stdout.write(f"{count} damaged, {found} read wrongly, {took:.0f} seconds, at most {memory} MiB\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000))
