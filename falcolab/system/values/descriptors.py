"""What the record of a descriptor tells: its type, and the ends of its connection.

Source: ``userspace/libsinsp/fdinfo.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import NamedTuple

from falcolab.system.thread import Descriptor, FdFlag, FdType
from falcolab.system.values.strings import NOT_AVAILABLE

_TYPES: dict[int, tuple[str, str]] = {
    FdType.UNINITIALIZED: (NOT_AVAILABLE, "?"),
    FdType.UNKNOWN: (NOT_AVAILABLE, "o"),
    FdType.UNSUPPORTED: (NOT_AVAILABLE, "X"),
    FdType.FILE: ("file", "f"),
    FdType.FILE_V2: ("file", "f"),
    FdType.DIRECTORY: ("directory", "d"),
    FdType.IPV4_SOCK: ("ipv4", "4"),
    FdType.IPV4_SERVSOCK: ("ipv4", "4"),
    FdType.IPV6_SOCK: ("ipv6", "6"),
    FdType.IPV6_SERVSOCK: ("ipv6", "6"),
    FdType.UNIX_SOCK: ("unix", "u"),
    FdType.FIFO: ("pipe", "p"),
    FdType.EVENT: ("event", "e"),
    FdType.SIGNALFD: ("signalfd", "s"),
    FdType.EVENTPOLL: ("eventpoll", "l"),
    FdType.INOTIFY: ("inotify", "i"),
    FdType.TIMERFD: ("timerfd", "t"),
    FdType.NETLINK: ("netlink", "n"),
    FdType.BPF: ("bpf", "b"),
    FdType.USERFAULTFD: ("userfaultfd", "u"),
    FdType.IO_URING: ("io_uring", "r"),
    FdType.MEMFD: ("memfd", "m"),
    FdType.PIDFD: ("pidfd", "P"),
}

FILES = frozenset({FdType.FILE, FdType.FILE_V2})
IP_SOCKETS = frozenset({FdType.IPV4_SOCK, FdType.IPV6_SOCK})
IP_SERVERS = frozenset({FdType.IPV4_SERVSOCK, FdType.IPV6_SERVSOCK})
ANY_IP = IP_SOCKETS | IP_SERVERS

_PROTOCOL_AT = {
    FdType.IPV4_SOCK: 12,
    FdType.IPV4_SERVSOCK: 6,
    FdType.IPV6_SOCK: 36,
    FdType.IPV6_SERVSOCK: 18,
}
_RAW = 5
_PROTOCOLS = {2: "tcp", 3: "udp", 4: "icmp", _RAW: "raw"}


class Ends(NamedTuple):
    """Both ends of a connection: the source is the client, the destination the server."""

    source: bytes
    source_port: int
    destination: bytes
    destination_port: int


def type_name(fd: Descriptor) -> str:
    """``fd.type``."""
    return _TYPES.get(fd.type, (NOT_AVAILABLE, "o"))[0]


def type_letter(fd: Descriptor) -> str:
    """``fd.typechar``."""
    return _TYPES.get(fd.type, (NOT_AVAILABLE, "o"))[1]


def type_letters(fd: Descriptor) -> str:
    """The letter of the type and, for a socket with a known protocol, that of the protocol: ``4t``."""
    return type_letter(fd) + protocol(fd)[:1]


def has_role(fd: Descriptor) -> bool:
    """Whether it is known which end of a socket is the client's."""
    return bool(fd.flags & FdFlag.ROLE)


def protocol(fd: Descriptor) -> str:
    """The transport protocol; empty if there is none, or it is unknown, or the socket has no role."""
    at = _PROTOCOL_AT.get(fd.type)
    if at is None:
        return ""
    number = fd.sock[at]
    is_told = number == _RAW or fd.type in IP_SERVERS or has_role(fd)
    return _PROTOCOLS.get(number, "") if is_told else ""


def ends(fd: Descriptor) -> Ends | None:
    """Both ends of a connected socket, whatever its role; None for any other descriptor."""
    sock = fd.sock
    if fd.type == FdType.IPV4_SOCK:
        return Ends(sock[0:4], _port(sock, 8), sock[4:8], _port(sock, 10))
    if fd.type == FdType.IPV6_SOCK:
        return Ends(sock[0:16], _port(sock, 32), sock[16:32], _port(sock, 34))
    return None


def listening(fd: Descriptor) -> tuple[bytes, int] | None:
    """Address and port of a server socket; None for any other descriptor."""
    if fd.type == FdType.IPV4_SERVSOCK:
        return fd.sock[0:4], _port(fd.sock, 4)
    if fd.type == FdType.IPV6_SERVSOCK:
        return fd.sock[0:16], _port(fd.sock, 16)
    return None


def _port(sock: bytes, at: int) -> int:
    return int.from_bytes(sock[at : at + 2], "little")
