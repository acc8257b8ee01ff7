"""Addresses of sockets in parameters: taken apart, and as text.

A SOCKADDR is the family and an address, a SOCKTUPLE the family and two. Falco takes an IPv6
address for IPv4 when it is a mapped one; it counts ``::`` among these.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from falcolab.system.paths import sanitized

UNIX, INET, INET6 = 1, 2, 10
_SIZES = {INET: 4, INET6: 16}


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: an address of four or sixteen bytes and a port of two."""

    ip: bytes
    port: bytes


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a connection, with addresses of one size."""

    source: End
    destination: End

    @property
    def is_ipv4(self) -> bool:
        """Whether the addresses are of four bytes."""
        return len(self.source.ip) == 4


def is_mapped(ip: bytes) -> bool:
    """Whether Falco takes an IPv6 address for an IPv4 one."""
    return ip[:10] == bytes(10) and (ip[10:12] == b"\xff\xff" or ip[10:] == bytes(6))


def end_of(value: bytes) -> End | None:
    """The address in a SOCKADDR as it stands there; None without a whole IP address."""
    size = _SIZES.get(value[0]) if value else None
    if size is None or len(value) < 1 + size + 2:
        return None
    return End(value[1 : 1 + size], value[1 + size : 3 + size])


def ends_of(value: bytes) -> Ends | None:
    """The ends in a SOCKTUPLE, a mapped pair as IPv4; None without whole IP addresses."""
    size = _SIZES.get(value[0]) if value else None
    if size is None or len(value) < 1 + 2 * (size + 2):
        return None
    return ipv4_if_mapped(
        End(value[1 : 1 + size], value[1 + size : 3 + size]),
        End(value[3 + size : 3 + 2 * size], value[3 + 2 * size : 5 + 2 * size]),
    )


def ipv4_if_mapped(source: End, destination: End) -> Ends:
    """Two ends, as IPv4 if both are mapped addresses."""
    if len(source.ip) == 16 and is_mapped(source.ip) and is_mapped(destination.ip):
        source, destination = End(source.ip[12:], source.port), End(destination.ip[12:], destination.port)
    return Ends(source, destination)


def unix_path(value: bytes, begin: int) -> bytes:
    """The path at the end of an address."""
    return value[begin:].partition(b"\0")[0]


def ip_text(ip: bytes) -> bytes:
    """An address as ``inet_ntop`` writes it."""
    if len(ip) == 4:
        return b"%d.%d.%d.%d" % tuple(ip)
    return socket.inet_ntop(socket.AF_INET6, ip).encode()


def end_text(end: End) -> bytes:
    """Address and port."""
    return b"%s:%d" % (ip_text(end.ip), int.from_bytes(end.port, "little"))


def ends_text(ends: Ends) -> bytes:
    """Both addresses with their ports."""
    return b"%s->%s" % (end_text(ends.source), end_text(ends.destination))


def address_text(value: bytes) -> bytes:
    """A SOCKADDR as parameters print it."""
    if not value:
        return b"<NA>"
    if value[0] == UNIX:
        return sanitized(unix_path(value, 1))
    if value[0] in _SIZES:
        end = end_of(value)
        return end_text(end) if end is not None else b"INVALID IPv%d" % (6 if value[0] == INET6 else 4)
    return b"family %d" % value[0]


def tuple_text(value: bytes) -> bytes:
    """A SOCKTUPLE as parameters print it."""
    if not value:
        return b"NULL"
    if value[0] == UNIX:
        return unix_text(value[1:17].ljust(16, b"\0"), unix_path(value, 17))
    if value[0] in _SIZES:
        ends = ends_of(value)
        return ends_text(ends) if ends is not None else b"INVALID IPv%d" % (6 if value[0] == INET6 else 4)
    return b"family %d" % value[0]


def unix_text(pointers: bytes, path: bytes) -> bytes:
    """The two kernel addresses of a unix socket and its path."""
    source, peer = int.from_bytes(pointers[:8], "little"), int.from_bytes(pointers[8:16], "little")
    return b"%x->%x %s" % (source, peer, sanitized(path))
