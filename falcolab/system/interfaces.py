"""The network interfaces of the machine, which complete addresses that a socket leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from falcolab.system.snapshot import Interface
from falcolab.system.thread import Descriptor, FdType

_LOOPBACK = b"\x7f\0\0\x01"
_LOOPBACK6 = bytes(15) + b"\x01"


class Interfaces:
    """The addresses of the machine, by family."""

    def __init__(self, interfaces: Iterable[Interface] = ()) -> None:
        self.ipv4: list[Interface] = []
        self.ipv6: list[Interface] = []
        self.take(interfaces)

    def take(self, interfaces: Iterable[Interface]) -> None:
        """Take in more interfaces."""
        for interface in interfaces:
            (self.ipv4 if len(interface.address) == 4 else self.ipv6).append(interface)

    def is_local(self, address: bytes) -> bool:
        """Whether an address is one of the machine; for IPv6 the network decides."""
        if len(address) == 4:
            return any(each.address == address for each in self.ipv4)
        return any(each.address[:8] == address[:8] for each in self.ipv6)

    def complete(self, descriptor: Descriptor) -> None:
        """Fill in an end of a socket whose address is zero."""
        if descriptor.type == FdType.IPV4_SOCK:
            self._complete(descriptor, 4, 8, 10)
        elif descriptor.type == FdType.IPV6_SOCK:
            self._complete(descriptor, 16, 32, 34)

    def _complete(self, descriptor: Descriptor, size: int, sport_at: int, dport_at: int) -> None:
        sock = descriptor.sock
        source, destination = sock[:size], sock[size : 2 * size]
        sport, dport = sock[sport_at : sport_at + 2], sock[dport_at : dport_at + 2]
        if not any(source):
            found = self._infer(destination)
            if found != destination or sport != dport:
                descriptor.sock = found + sock[size:]
        elif not any(destination):
            found = self._infer(source)
            if found != source or sport != dport:
                descriptor.sock = source + found + sock[2 * size :]

    def _infer(self, other: bytes) -> bytes:
        """The address of the machine from which it would talk to another."""
        known, loopback = (self.ipv4, _LOOPBACK) if len(other) == 4 else (self.ipv6, _LOOPBACK6)
        for each in known:
            if each.address == other:
                return other
        for each in known:
            if _same_network(each, other):
                return each.address
        for each in known:
            if each.address != loopback:
                return each.address
        return bytes(len(other))


def _same_network(interface: Interface, other: bytes) -> bool:
    if len(other) == 16:
        return interface.address[:8] == other[:8]
    mask = int.from_bytes(interface.netmask, "big")
    ours, theirs = int.from_bytes(interface.address, "big"), int.from_bytes(other, "big")
    return ours & mask == theirs & mask
