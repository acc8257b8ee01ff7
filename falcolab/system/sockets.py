"""The ends, the protocol, the role and the name of a socket's record.

The functions change the record that they get; it must not be in a table yet, or be the event's own copy.
"""

from __future__ import annotations

from collections.abc import Iterable

from falcolab.system.addresses import INET6, End, Ends, end_text, ends_text, ip_text, is_mapped
from falcolab.system.thread import Descriptor, FdFlag, FdType

IP_SOCKETS = frozenset({FdType.IPV4_SOCK, FdType.IPV6_SOCK})

UNKNOWN_PROTOCOL, TCP, UDP, ICMP, RAW = 0, 2, 3, 4, 5

IPV4_PROTOCOL_AT = 12
_L4 = {
    FdType.IPV4_SOCK: IPV4_PROTOCOL_AT,
    FdType.IPV4_SERVSOCK: 6,
    FdType.IPV6_SOCK: 36,
    FdType.IPV6_SERVSOCK: 18,
}
"""Type -> where the protocol stands in ``Descriptor.sock``."""

_NO_NAME = b"<unknown>"


def patch(descriptor: Descriptor, at: int, value: bytes) -> None:
    """Overwrite a part of the socket's bytes."""
    sock = descriptor.sock
    descriptor.sock = sock[:at] + value + sock[at + len(value) :]


def protocol(descriptor: Descriptor, as_type: int | None = None) -> int:
    """The protocol, as the record's type finds it or as another type would."""
    at = _L4.get(descriptor.type if as_type is None else as_type)
    return descriptor.sock[at] if at is not None else UNKNOWN_PROTOCOL


def set_protocol(descriptor: Descriptor, value: int) -> None:
    """Set the protocol where the record's type has it."""
    patch(descriptor, _L4[descriptor.type], bytes((value,)))


def is_tcp(descriptor: Descriptor) -> bool:
    """Whether it is a TCP socket for Falco, which looks at IPv4 only."""
    return descriptor.type == FdType.IPV4_SOCK and protocol(descriptor) == TCP


def is_udp(descriptor: Descriptor) -> bool:
    """Whether it is a UDP socket for Falco, which looks at IPv4 only."""
    return descriptor.type == FdType.IPV4_SOCK and protocol(descriptor) == UDP


def set_ends(descriptor: Descriptor, ends: Ends) -> bool:
    """Overwrite both ends; false if they are the known ones, in whatever direction."""
    source, destination = ends.source, ends.destination
    size = len(source.ip)
    new = source.ip + destination.ip + source.port + destination.port
    turned = destination.ip + source.ip + destination.port + source.port
    known = descriptor.sock[: len(new)]
    if descriptor.type == (FdType.IPV4_SOCK if size == 4 else FdType.IPV6_SOCK) and known in (new, turned):
        return False
    patch(descriptor, 0, new)
    was_open = not any(known[size : 2 * size]) or not any(known[-2:])
    return was_open or known != new


def set_destination(descriptor: Descriptor, end: End) -> None:
    """Overwrite the other end alone, and the type with it."""
    ip = end.ip[12:] if len(end.ip) == 16 and is_mapped(end.ip) else end.ip
    descriptor.type = FdType.IPV4_SOCK if len(ip) == 4 else FdType.IPV6_SOCK
    patch(descriptor, len(ip), ip)
    patch(descriptor, 2 * len(ip) + 2, end.port)


def set_server(descriptor: Descriptor, end: End) -> None:
    """Make it a socket that listens at an address."""
    if len(end.ip) == 4:
        type_, ip, l4 = FdType.IPV4_SERVSOCK, end.ip, protocol(descriptor, FdType.IPV4_SOCK)
    elif is_mapped(end.ip):
        type_, ip, l4 = FdType.IPV4_SERVSOCK, end.ip[12:], protocol(descriptor, FdType.IPV6_SOCK)
    else:
        type_, ip, l4 = FdType.IPV6_SERVSOCK, end.ip, protocol(descriptor, FdType.IPV6_SOCK)
    descriptor.type = type_
    patch(descriptor, 0, ip + end.port + bytes((l4,)))
    descriptor.flags = descriptor.flags & ~FdFlag.ROLE | FdFlag.SERVER


def swap_ends(descriptor: Descriptor) -> None:
    """Source becomes destination and the other way round."""
    size = 4 if descriptor.type == FdType.IPV4_SOCK else 16
    ends = stored_ends(descriptor, size)
    patch(descriptor, 0, ends.destination.ip + ends.source.ip + ends.destination.port + ends.source.port)


def stored_ends(descriptor: Descriptor, size: int) -> Ends:
    """The ends as a socket with addresses of that size stores them."""
    sock = descriptor.sock
    return Ends(
        End(sock[:size], sock[2 * size : 2 * size + 2]),
        End(sock[size : 2 * size], sock[2 * size + 2 : 2 * size + 4]),
    )


def ends_name(descriptor: Descriptor) -> bytes:
    """The name of an IP socket: both ends, with ports where the protocol has them."""
    l4 = protocol(descriptor)
    ends = stored_ends(descriptor, 4 if descriptor.type == FdType.IPV4_SOCK else 16)
    is_ipv6 = not ends.is_ipv4
    if is_ipv6 and is_mapped(ends.source.ip) and is_mapped(ends.destination.ip):
        ports = stored_ends(descriptor, 4)
        ends = Ends(
            End(ends.source.ip[12:], ports.source.port), End(ends.destination.ip[12:], ports.destination.port)
        )
    if l4 in (TCP, UDP):
        return ends_text(ends)
    if l4 == ICMP or (l4 == RAW and not is_ipv6):
        return b"%s->%s" % (ip_text(ends.source.ip), ip_text(ends.destination.ip))
    return _NO_NAME


def server_name(descriptor: Descriptor) -> bytes:
    """The name of a listening socket."""
    size = 4 if descriptor.type == FdType.IPV4_SERVSOCK else 16
    return end_text(End(descriptor.sock[:size], descriptor.sock[size : size + 2]))


def guess_role(descriptor: Descriptor, table: Iterable[Descriptor], *, incoming: bool) -> None:
    """Server or client, by the ports that the process has; ports are read as those of IPv4."""
    source_port, destination_port = descriptor.sock[8:10], descriptor.sock[10:12]
    is_bound = is_client = False
    for each in table:
        if each.type == FdType.IPV4_SOCK:
            is_bound |= each.sock[10:12] == destination_port
            is_client |= each.sock[8:10] == source_port
        elif each.type == FdType.IPV4_SERVSOCK:
            is_bound |= each.sock[4:6] == destination_port
    is_server = is_bound and (incoming or not is_client)
    descriptor.flags |= FdFlag.SERVER if is_server else FdFlag.CLIENT


def new_socket(domain: int, kind: int, number: int) -> Descriptor:
    """A socket as it comes from the call, by family, type and protocol."""
    made = Descriptor(_FAMILIES.get(domain, FdType.UNKNOWN))
    if made.type in IP_SOCKETS:
        set_protocol(made, _protocol_of(kind, number))
    return made


_FAMILIES = {
    1: FdType.UNIX_SOCK,
    2: FdType.IPV4_SOCK,
    INET6: FdType.IPV6_SOCK,
    16: FdType.NETLINK,
}
_STREAM, _DGRAM, _RAW_KIND = 1, 2, 3
_BY_NUMBER = {6: TCP, 17: UDP, 1: ICMP}


def _protocol_of(kind: int, number: int) -> int:
    if number == 0:
        return {_STREAM: TCP, _DGRAM: UDP}.get(kind & 0xFF, UNKNOWN_PROTOCOL)
    if number in _BY_NUMBER:
        return RAW if kind == _RAW_KIND else _BY_NUMBER[number]
    return RAW if number == 255 else UNKNOWN_PROTOCOL
