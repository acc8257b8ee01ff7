"""The sockets of a network namespace, by inode, from ``/proc/PID/net``.

Layout of the addresses: ``Descriptor.sock``. Source: ``userspace/libscap/linux/scap_fds.c`` of
falcosecurity/libs.
"""

from __future__ import annotations

import struct

from capture.host.files import read_optional
from falcolab.system.thread import Descriptor, FdType, sock_bytes

_TCP, _UDP, _RAW = 2, 3, 5

_TABLES = (("tcp", _TCP), ("udp", _UDP), ("raw", _RAW), ("tcp6", _TCP), ("udp6", _UDP), ("raw6", _RAW))
"""The files with sockets of IP, and Falco's number of their protocol."""

Sockets = dict[int, Descriptor]
"""Inode -> what a descriptor of the socket points to."""


def read_sockets(folder: str) -> Sockets:
    """The sockets of the namespace in which a thread is; ``folder`` is its own of ``/proc``."""
    found: Sockets = {}
    for name, protocol in _TABLES:
        found.update(parse_ip(read_optional(folder, f"net/{name}", _MAX_TABLE), protocol))
    found.update(parse_unix(read_optional(folder, "net/unix", _MAX_TABLE)))
    found.update(parse_netlink(read_optional(folder, "net/netlink", _MAX_TABLE)))
    return found


_MAX_TABLE = 1 << 26


def parse_ip(text: bytes, protocol: int) -> Sockets:
    """The sockets of a table of IPv4 or IPv6."""
    return dict(_ip(line.split(None, 10), protocol) for line in _rows(text))


def parse_unix(text: bytes) -> Sockets:
    """The unix sockets; a path may hold blanks."""
    return dict(_unix(line.split(None, 7)) for line in _rows(text))


def parse_netlink(text: bytes) -> Sockets:
    """The sockets of netlink."""
    inodes = (int(line.split()[9]) for line in _rows(text))
    return {inode: Descriptor(type=FdType.NETLINK, ino=inode) for inode in inodes}


def _rows(text: bytes) -> list[bytes]:
    """The lines below the heading; one that is cut off is left out."""
    return text.split(b"\n")[1:-1]


def _ip(words: list[bytes], protocol: int) -> tuple[int, Descriptor]:
    source, destination = _end(words[1]), _end(words[2])
    inode = int(words[9])
    is_ipv4 = len(source[0]) == 4
    if not any(destination[0]):
        type_ = FdType.IPV4_SERVSOCK if is_ipv4 else FdType.IPV6_SERVSOCK
        known = source[0] + struct.pack("<HB", source[1], protocol)
    else:
        type_ = FdType.IPV4_SOCK if is_ipv4 else FdType.IPV6_SOCK
        known = source[0] + destination[0] + struct.pack("<HHB", source[1], destination[1], protocol)
    return inode, Descriptor(type=type_, ino=inode, sock=sock_bytes(known))


def _end(word: bytes) -> tuple[bytes, int]:
    """Address and port; an address is printed as numbers of four bytes in the machine's order."""
    address, port = word.split(b":")
    raw = bytes.fromhex(address.decode())
    return b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)), int(port, 16)


def _unix(words: list[bytes]) -> tuple[int, Descriptor]:
    inode = int(words[6])
    name = words[7] if len(words) > 7 else b""
    known = struct.pack("<Q", int(words[0].rstrip(b":"), 16))
    return inode, Descriptor(type=FdType.UNIX_SOCK, ino=inode, name=name, sock=sock_bytes(known))
