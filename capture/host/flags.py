"""Flags of ``open`` in Falco's encoding; source: ``open_flags_to_scap`` of falcosecurity/libs."""

from __future__ import annotations

import os

_ACCESS = {os.O_WRONLY: 2, os.O_RDWR: 3}
_LARGEFILE = 0o100000
_TMPFILE = 0o20000000 | os.O_DIRECTORY

_BITS = (
    (os.O_CREAT, 1 << 2),
    (os.O_APPEND, 1 << 3),
    (os.O_DSYNC, 1 << 4),
    (os.O_EXCL, 1 << 5),
    (os.O_NONBLOCK, 1 << 6),
    (os.O_SYNC, 1 << 7),
    (os.O_TRUNC, 1 << 8),
    (os.O_DIRECT, 1 << 9),
    (os.O_DIRECTORY, 1 << 10),
    (_LARGEFILE, 1 << 11),
    (os.O_CLOEXEC, 1 << 12),
    (_TMPFILE, 1 << 13),
)
"""Bits of Linux -> Falco's bit, which is set when any of them is."""


def open_flags(flags: int) -> int:
    """The flags in Falco's encoding."""
    access = _ACCESS.get(flags & os.O_ACCMODE, 1)
    return access | sum(falco for linux, falco in _BITS if flags & linux)
