"""The addresses of the machine's network interfaces, from the C library.

Source: ``userspace/libscap/linux/scap_iflist.c`` of falcosecurity/libs.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator

from falcolab.system.snapshot import Interface


class _Address(ctypes.Structure):
    """The beginning of a ``struct sockaddr``."""

    _fields_ = (("family", ctypes.c_uint16), ("data", ctypes.c_uint8 * 26))


class _Entry(ctypes.Structure):
    """``struct ifaddrs``, see getifaddrs(3)."""


_Entry._fields_ = (
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(_Address)),
    ("netmask", ctypes.POINTER(_Address)),
    ("broadcast", ctypes.POINTER(_Address)),
    ("data", ctypes.c_void_p),
)

_PLACES = {socket.AF_INET: (2, 6), socket.AF_INET6: (6, 22)}
"""Family -> where in the data of an address the bytes of IP lie."""


def read_interfaces() -> list[Interface]:
    """Every interface with an address of IPv4 or IPv6, once for each of its addresses.

    Raises:
        OSError: the C library cannot list them.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_Entry)()
    if libc.getifaddrs(ctypes.byref(first)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        return list(_interfaces(first))
    finally:
        libc.freeifaddrs(first)


def _interfaces(entry: ctypes._Pointer[_Entry]) -> Iterator[Interface]:
    while entry:
        here = entry.contents
        family = here.address.contents.family if here.address else 0
        if family in _PLACES:
            parts = (_bytes(part, family) for part in (here.address, here.netmask, here.broadcast))
            yield Interface(here.name, *parts)
        entry = here.next


def _bytes(pointer: ctypes._Pointer[_Address], family: int) -> bytes:
    begin, end = _PLACES[socket.AddressFamily(family)]
    if not pointer or pointer.contents.family != family:
        return bytes(end - begin)
    return bytes(pointer.contents.data[begin:end])
