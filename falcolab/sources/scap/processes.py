"""Process lists, in their nine versions."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from falcolab.sources.scap.blocks import Body
from falcolab.system.snapshot import ProcessEntry

_TEXT = 1024
_LONG_TEXT = 4096
_I64 = struct.Struct("<q")
_IDS = struct.Struct("<qqq")
_PAIR = struct.Struct("<qq")
_OWNER = struct.Struct("<qIII")
_MEMORY = struct.Struct("<IIIQQ")
_NAMESPACE = struct.Struct("<QI")
_U32 = struct.Struct("<I")
_BOOL = struct.Struct("<?")
_THREE = struct.Struct("<QQQ")

_OLDEST_TAIL = 29
"""What follows the namespace in the shortest tail that has one: loginuid, exe_writable, capabilities."""


def read_processes(body: Body, version: int) -> Iterator[ProcessEntry]:
    """The entries of a list; what is left of less than four bytes is padding."""
    while body.left >= 4:
        if version < 9:
            yield _entry(body, version)
            continue
        size = body.u32()
        part = body.entry(size - 4) if size >= 4 else body.entry(body.left + 1)
        entry = _entry(part, version)
        _read_tail(part, entry)
        part.skip_rest()
        yield entry


def _entry(body: Body, version: int) -> ProcessEntry:
    tid, pid, ptid = body.unpack(_IDS)
    entry = ProcessEntry(tid, pid, ptid)
    if version >= 6:
        (entry.sid,) = body.unpack(_I64)
    if version >= 8:
        (entry.vpgid,) = body.unpack(_I64)
    entry.comm = body.text(_TEXT)
    entry.exe = body.text(_TEXT)
    if version >= 7:
        entry.exepath = body.text(_TEXT)
    entry.args = body.text(_LONG_TEXT)
    entry.cwd = body.text(_TEXT)
    entry.fdlimit, entry.flags, entry.uid, entry.gid = body.unpack(_OWNER)
    if version >= 2:
        entry.vmsize, entry.vmrss, entry.vmswap, entry.pfmajor, entry.pfminor = body.unpack(_MEMORY)
    if version >= 3:
        entry.env = body.text(_LONG_TEXT)
    if version >= 4:
        entry.vtid, entry.vpid = body.unpack(_PAIR)
        entry.cgroups = body.text(_LONG_TEXT)
    if version >= 5:
        entry.root = body.text(_TEXT)
    return entry


def _read_tail(body: Body, entry: ProcessEntry) -> None:
    """What newer recorders append; each field stands there if there is room for it."""
    if body.left > _OLDEST_TAIL:
        entry.pidns_init_start_ts, entry.tty = body.unpack(_NAMESPACE)
    (entry.loginuid,) = _optional(body, _U32, (entry.loginuid,))
    entry.exe_writable = _flag(body)
    entry.cap_inheritable, entry.cap_permitted, entry.cap_effective = _optional(body, _THREE, (0, 0, 0))
    entry.exe_upper_layer = _flag(body)
    entry.exe_ino, entry.exe_ino_ctime, entry.exe_ino_mtime = _optional(body, _THREE, (0, 0, 0))
    entry.exe_from_memfd = _flag(body)
    entry.exe_lower_layer = _flag(body)
    (entry.pgid,) = _optional(body, _I64, (-1,))


def _optional(body: Body, fields: struct.Struct, default: tuple[int, ...]) -> tuple[int, ...]:
    return body.unpack(fields) if body.left >= fields.size else default


def _flag(body: Body) -> bool:
    return bool(_optional(body, _BOOL, (0,))[0])
