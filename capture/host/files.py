"""Reading of ``/proc``, where everything may vanish at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")

_GONE = (FileNotFoundError, ProcessLookupError)
"""What it means when one of these is raised: the thread has ended meanwhile."""

_CHUNK = 65536


class GoneError(Exception):
    """The thread that was asked about has ended."""


def read(folder: str, name: str, limit: int = 1 << 20) -> bytes:
    """The first bytes of a file of a thread.

    Raises:
        GoneError: the thread has ended.
    """
    try:
        descriptor = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except _GONE:
        raise GoneError(folder) from None
    try:
        return _read(descriptor, limit)
    except ProcessLookupError:
        raise GoneError(folder) from None
    finally:
        os.close(descriptor)


def _read(descriptor: int, limit: int) -> bytes:
    parts = []
    while limit > 0 and (part := os.read(descriptor, min(limit, _CHUNK))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def read_optional(folder: str, name: str, limit: int = 1 << 20) -> bytes:
    """As ``read``, and nothing where the kernel has no such file or does not let it be read."""
    try:
        return read(folder, name, limit)
    except (GoneError, OSError):
        return b""


def link(folder: str, name: str) -> bytes:
    """Where a link of a thread points to; nothing where it points nowhere."""
    try:
        return os.readlink(os.fsencode(f"{folder}/{name}"))
    except OSError:
        return b""


def numbers(folder: str) -> Iterator[int]:
    """The names in a folder that are numbers, in their order; none if the folder is gone."""
    try:
        names = os.listdir(folder)
    except OSError:
        return iter(())
    return iter(sorted(int(name) for name in names if name.isdigit()))
