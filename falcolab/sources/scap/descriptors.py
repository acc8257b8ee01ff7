"""Lists of the open descriptors of a thread."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from falcolab.sources.scap.blocks import Body
from falcolab.system.thread import Descriptor, FdType, sock_bytes

_TEXT = 1023
_HEAD = struct.Struct("<qQB")
_U64 = struct.Struct("<Q")

_SOCKETS = {
    FdType.IPV4_SOCK: 13,
    FdType.IPV4_SERVSOCK: 7,
    FdType.IPV6_SOCK: 37,
    FdType.IPV6_SERVSOCK: 19,
    FdType.UNIX_SOCK: 16,
}
"""Type -> how many bytes tell the ends of the socket, laid out as in ``Descriptor.sock``."""

_NAMED = frozenset({1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21})
"""The types of which only the name is stored."""


def read_owner(body: Body) -> int:
    """The thread that the list is about."""
    tid = body.unpack(_U64)[0]
    return tid - (1 << 64) if tid >> 63 else tid


def read_descriptors(body: Body, version: int) -> Iterator[tuple[int, Descriptor]]:
    """The entries of a list: the number and what it points to."""
    while body.left >= 4:
        if version == 1:
            yield _entry(body, version)
            continue
        size = body.u32()
        part = body.entry(size - 4) if size >= 4 else body.entry(body.left + 1)
        yield _entry(part, version)
        part.skip_rest()


def _entry(body: Body, version: int) -> tuple[int, Descriptor]:
    number, ino, type_ = body.unpack(_HEAD)
    descriptor = Descriptor(type=type_, ino=ino)
    if type_ in _SOCKETS:
        descriptor.sock = sock_bytes(body.take(_SOCKETS[type_]))
        descriptor.name = body.text(_TEXT) if type_ == FdType.UNIX_SOCK else b""
    elif type_ == FdType.FILE_V2:
        descriptor.openflags = body.u32()
        descriptor.name = body.text(_TEXT)
        descriptor.dev = body.u32() if version > 1 and body.left >= 4 else 0
    elif type_ in _NAMED:
        descriptor.name = body.text(_TEXT)
    elif type_ != FdType.UNKNOWN:
        descriptor.name = b"unknown-type:[%d]" % type_
        descriptor.type = FdType.UNSUPPORTED
    return number, descriptor
