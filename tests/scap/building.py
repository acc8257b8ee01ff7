"""Captures, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from falcolab.sources.scap import Capture, open_capture
from falcolab.system.event import Event
from falcolab.system.snapshot import Snapshot

TIME = 1_600_000_000 * 10**9


def block(code: int, body: bytes, *, trailer: int | None = None) -> bytes:
    """A block with its length in front and at its end."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", code, size) + body + struct.pack("<I", size if trailer is None else trailer)


def section(*, magic: int = 0x1A2B3C4D, major: int = 1, options: bytes = b"") -> bytes:
    """A section header."""
    return block(0x0A0D0D0A, struct.pack("<IHHQ", magic, major, 2, 2**64 - 1) + options)


def machine_info(code: int = 0x201) -> bytes:
    """Machine information."""
    return block(code, struct.pack("<IQQ128sQQQQ", 2, 2**32, 2**22, b"box", TIME, 0, 0, 0))


def text(value: bytes) -> bytes:
    """A string with its length in front."""
    return struct.pack("<H", len(value)) + value


def process_entry(version: int, tail: bytes = b"") -> bytes:
    """An entry of a process list in which every field has a value of its own."""
    made = struct.pack("<qqq", 10, 11, 12)
    made += struct.pack("<q", 13) if version >= 6 else b""
    made += struct.pack("<q", 14) if version >= 8 else b""
    made += text(b"comm") + text(b"exe")
    made += text(b"/exe") if version >= 7 else b""
    made += text(b"a\0b\0") + text(b"/cwd") + struct.pack("<qIII", 15, 16, 17, 18)
    made += struct.pack("<IIIQQ", 19, 20, 21, 22, 23) if version >= 2 else b""
    made += text(b"A=1\0") if version >= 3 else b""
    made += struct.pack("<qq", 24, 25) + text(b"cpu=/\0") if version >= 4 else b""
    made += text(b"/root") if version >= 5 else b""
    return struct.pack("<I", len(made) + len(tail) + 4) + made + tail if version >= 9 else made


def fd_entry(version: int, number: int, type_: int, payload: bytes, ino: int = 9) -> bytes:
    """An entry of a list of descriptors."""
    made = struct.pack("<qQB", number, ino, type_) + payload
    return struct.pack("<I", len(made) + 4) + made if version > 1 else made


def event_bytes(
    type_: int,
    params: Iterable[bytes] = (),
    *,
    tid: int = 10,
    time: int = TIME,
    counted: bool = True,
    wide: bool = False,
) -> bytes:
    """An event as drivers write it."""
    values = list(params)
    lengths = struct.pack(f"<{len(values)}{'I' if wide else 'H'}", *map(len, values))
    count = struct.pack("<I", len(values)) if counted else b""
    content = lengths + b"".join(values)
    return struct.pack("<QqIH", time, tid, 22 + len(count) + len(content), type_) + count + content


def event(
    type_: int,
    params: Iterable[bytes] = (),
    *,
    code: int = 0x216,
    cpu: int = 3,
    flags: int | None = None,
    **rest: Any,
) -> bytes:
    """An event in its block."""
    between = b"" if flags is None else struct.pack("<I", flags)
    return block(code, struct.pack("<H", cpu) + between + event_bytes(type_, params, **rest))


def number(value: int, size: int = 8) -> bytes:
    """A number as parameters have it."""
    return (value % (1 << 8 * size)).to_bytes(size, "little")


GETUID, CLOSE, CLOSE_ENTER = 203, 5, 4


def getuid(uid: int, **rest: Any) -> bytes:
    """An event that passes in whatever form: the simplest one."""
    return event(GETUID, [number(uid, 4)], **rest)


def written(folder: Path, *parts: bytes, name: str = "test.scap") -> Path:
    """A file with these bytes."""
    path = folder / name
    path.write_bytes(b"".join(parts))
    return path


def items(path: Path) -> tuple[list[Snapshot | Event], Capture]:
    """Everything in a capture, and the capture that has been read."""
    with open_capture(path) as capture:
        return list(capture), capture


def read(folder: Path, *parts: bytes) -> tuple[list[Event], Capture]:
    """The events of a capture with these blocks after its section header."""
    found, capture = items(written(folder, section(), *parts))
    return [each for each in found if isinstance(each, Event)], capture


def snapshot(folder: Path, *parts: bytes) -> Snapshot:
    """The snapshot of a capture with these blocks before its only event."""
    return read(folder, *parts, getuid(0))[1].snapshot
