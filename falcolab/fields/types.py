"""The value types of Falco fields and what each of them admits.

The names are those that Falco prints in its own field lists (``falco --list``
with JSON output): ``CHARBUF`` is a string, ``RELTIME`` a duration in
nanoseconds, and so on.
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """How values of a type are compared."""

    STRING = "string"
    NUMBER = "numeric"
    BOOL = "bool"
    ADDRESS = "ip address and network"
    BUFFER = "buffer"


class Type(Enum):
    """The type of a field's value; the member's value is Falco's name of it."""

    CHARBUF = "CHARBUF"
    FSPATH = "FSPATH"
    BYTEBUF = "BYTEBUF"
    BOOL = "BOOL"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    PORT = "PORT"
    RELTIME = "RELTIME"
    ABSTIME = "ABSTIME"
    DOUBLE = "DOUBLE"
    IPADDR = "IPADDR"
    IPNET = "IPNET"
    DYNAMIC = "DYNAMIC"

    @property
    def kind(self) -> Kind:
        """The family of comparisons that the type admits."""
        return _KINDS.get(self, Kind.NUMBER)


_KINDS = {
    Type.CHARBUF: Kind.STRING,
    Type.FSPATH: Kind.STRING,
    Type.BYTEBUF: Kind.BUFFER,
    Type.BOOL: Kind.BOOL,
    Type.IPADDR: Kind.ADDRESS,
    Type.IPNET: Kind.ADDRESS,
}

INTEGER_RANGES: dict[Type, tuple[int, int]] = {
    Type.INT8: (-(2**7), 2**7 - 1),
    Type.INT16: (-(2**15), 2**15 - 1),
    Type.INT32: (-(2**31), 2**31 - 1),
    Type.INT64: (-(2**63), 2**63 - 1),
    Type.UINT8: (0, 2**8 - 1),
    Type.UINT16: (0, 2**16 - 1),
    Type.UINT32: (0, 2**32 - 1),
    Type.UINT64: (0, 2**64 - 1),
    Type.PORT: (0, 2**16 - 1),
    Type.RELTIME: (0, 2**64 - 1),
    Type.ABSTIME: (0, 2**64 - 1),
}
