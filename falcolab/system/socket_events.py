"""Events of sockets: made, bound, connected, accepted, and data that goes through them.

Source: ``userspace/libsinsp/parsers.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from falcolab.system import descriptors, sockets
from falcolab.system.addresses import (
    INET,
    INET6,
    UNIX,
    End,
    Ends,
    address_text,
    end_of,
    ends_of,
    ipv4_if_mapped,
    tuple_text,
    unix_path,
    unix_text,
)
from falcolab.system.descriptors import O_CLOEXEC
from falcolab.system.params import raw, signed, succeeded, unsigned
from falcolab.system.sockets import IP_SOCKETS
from falcolab.system.thread import Descriptor, FdFlag, FdType, Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_EINPROGRESS = 115
_UNIX_PATH_MAX = 108
_DGRAM, _UDP_NUMBER = 2, 17


def _socket(machine: Machine, event: Event, thread: Thread) -> None:
    number = signed(event, 0)
    if number is not None and number >= 0:
        made = sockets.new_socket(*(unsigned(event, index) or 0 for index in (1, 2, 3)))
        made.openflags = unsigned(event, 4) or 0
        descriptors.add(machine, event, thread, number, made)


def _socketpair(machine: Machine, event: Event, thread: Thread) -> None:
    first, second = signed(event, 1), signed(event, 2)
    if not succeeded(event) or first is None or second is None:
        return
    event.fd = None
    if first != second:
        made = Descriptor(FdType.UNIX_SOCK)
        sockets.patch(made, 0, raw(event, 3).ljust(8, b"\0")[:8] + raw(event, 4).ljust(8, b"\0")[:8])
        descriptors.add(machine, event, thread, first, made)
        stored = event.fd
        descriptors.add(machine, event, thread, second, made)
        event.fd = stored


def _bind(machine: Machine, event: Event, thread: Thread) -> None:
    address = raw(event, 1)
    if event.fd is None or not succeeded(event) or not address:
        return
    bound = event.fd.copy()
    end = end_of(address)
    if end is not None and any(end.port):
        sockets.set_server(bound, end)
    bound.name = address_text(address)
    descriptors.replace(machine, event, thread, bound)


def _accept(machine: Machine, event: Event, thread: Thread) -> None:
    number, value = signed(event, 0), raw(event, 1)
    if number is None or number < 0:
        return
    thread.last_fd = number
    made = Descriptor(name=tuple_text(value), flags=FdFlag.SERVER | FdFlag.CONNECTED)
    ends = ends_of(value)
    if ends is not None:
        sockets.set_ends(made, ends)
        made.type = FdType.IPV4_SOCK if ends.is_ipv4 else FdType.IPV6_SOCK
        sockets.set_protocol(made, sockets.TCP)
    elif value[:1] == bytes((UNIX,)):
        _set_pointers(made, value)
    else:
        return
    made.openflags = (unsigned(event, 5) or 0) & O_CLOEXEC
    descriptors.add(machine, event, thread, number, made)


def _set_pointers(descriptor: Descriptor, value: bytes) -> None:
    """The kernel addresses of a unix socket and of its peer."""
    descriptor.type = FdType.UNIX_SOCK
    sockets.patch(descriptor, 0, value[1:17].ljust(16, b"\0"))


def _connect(machine: Machine, event: Event, thread: Thread) -> None:
    result = signed(event, 0)
    if event.fd is None or result is None or (result < 0 and result != -_EINPROGRESS):
        return
    descriptor = event.fd.copy()
    descriptor.flags |= FdFlag.CONNECTED
    descriptors.replace(machine, event, thread, descriptor)
    value, entered = raw(event, 1), raw(thread.enter, 1) if thread.enter is not None else b""
    if value:
        _connected(descriptor, value, raw(event, 3), entered)
    elif entered:
        _connecting(descriptor, entered)


def _connecting(descriptor: Descriptor, entered: bytes) -> None:
    """Where to is known from the call's entry alone."""
    if (end := end_of(entered)) is not None:
        sockets.set_destination(descriptor, end)
    elif entered[0] not in (INET, INET6):
        descriptor.name = tuple_text(b"")


def _connected(descriptor: Descriptor, value: bytes, address: bytes, entered: bytes) -> None:
    if value[0] in (INET, INET6):
        ends = _trusted_ends(value, address, entered)
        if ends is None:
            return
        descriptor.type = FdType.IPV4_SOCK if ends.is_ipv4 else FdType.IPV6_SOCK
        is_changed = sockets.set_ends(descriptor, ends)
        if is_changed and descriptor.flags & FdFlag.SERVER and sockets.is_udp(descriptor):
            sockets.swap_ends(descriptor)
        descriptor.name = sockets.ends_name(descriptor)
    elif descriptor.type == FdType.UNIX_SOCK:
        _set_pointers(descriptor, value)
        descriptor.name = unix_text(descriptor.sock, _trusted_path(value, address, entered))
    else:
        return
    if not descriptor.flags & FdFlag.ROLE:
        descriptor.flags |= FdFlag.CLIENT


def _trusted_ends(value: bytes, address: bytes, entered: bytes) -> Ends | None:
    """The ends, where the destination comes from the program's memory as it was when the call began.

    The kernel's word counts for more; it is recognised by its difference from the memory.
    """
    size = 4 if value[0] == INET else 16
    if len(value) < 1 + 2 * (size + 2):
        return None
    source = End(value[1 : 1 + size], value[1 + size : 3 + size])
    destination = End(value[3 + size : 3 + 2 * size], value[3 + 2 * size : 5 + 2 * size])
    then = end_of(entered)
    if then is not None and len(then.ip) == size and end_of(address) == destination:
        destination = then
    return ipv4_if_mapped(source, destination)


def _trusted_path(value: bytes, address: bytes, entered: bytes) -> bytes:
    path = unix_path(value, 17)
    if address and entered and unix_path(address, 1)[:_UNIX_PATH_MAX] == path[:_UNIX_PATH_MAX]:
        return unix_path(entered, 1)
    return path


@dataclass(frozen=True, slots=True)
class _Transfer:
    """A kind of call that moves data.

    Attributes:
        tuple_at: the position of the parameter with both ends, if it has one.
        incoming: whether data comes in.
        makes_socket: whether a socket that is not known is made up.
    """

    tuple_at: int | None = None
    incoming: bool = False
    makes_socket: bool = False


_TRANSFERS = {
    **dict.fromkeys((7, 113, 117, 121), _Transfer(incoming=True)),  # read, pread, readv, preadv
    **dict.fromkeys((9, 115, 119, 123), _Transfer()),  # write, pwrite, writev, pwritev
    35: _Transfer(2, incoming=True),  # recvfrom
    53: _Transfer(3, incoming=True),  # recvmsg
    33: _Transfer(4, incoming=True),  # recv
    55: _Transfer(4, incoming=True),  # recvmmsg
    29: _Transfer(4, makes_socket=True),  # send
    31: _Transfer(4, makes_socket=True),  # sendto
    49: _Transfer(4, makes_socket=True),  # sendmsg
    51: _Transfer(4),  # sendmmsg
}


PLAIN_DATA = frozenset(id_ for id_, each in _TRANSFERS.items() if each.tuple_at is None)
"""Calls that move data and don't tell between whom."""

DATA_WITH_ENDS = frozenset(_TRANSFERS) - PLAIN_DATA
"""Calls that move data and tell between whom."""


def _data(machine: Machine, event: Event, thread: Thread) -> None:
    """Calls without ends only show that a socket is connected."""
    descriptor = event.fd
    if descriptor is not None and descriptor.type in IP_SOCKETS:
        _mark_connected(machine, event, thread, descriptor)


def _data_with_ends(machine: Machine, event: Event, thread: Thread) -> None:
    transfer = _TRANSFERS[event.type.id]
    if event.fd is None and transfer.makes_socket:
        _make_socket(machine, event, thread)
    descriptor = event.fd
    if descriptor is None or transfer.tuple_at is None or not succeeded(event):
        return
    if descriptor.type in IP_SOCKETS:
        descriptor = _mark_connected(machine, event, thread, descriptor)
    value = raw(event, transfer.tuple_at)
    if not descriptor.name or not sockets.is_tcp(descriptor):
        _take_ends(machine, event, thread, value, incoming=transfer.incoming)


def _mark_connected(machine: Machine, event: Event, thread: Thread, descriptor: Descriptor) -> Descriptor:
    if not descriptor.flags & FdFlag.CONNECTED and succeeded(event):
        descriptor = descriptor.copy()
        descriptor.flags |= FdFlag.CONNECTED
        descriptors.replace(machine, event, thread, descriptor)
    return descriptor


def _make_socket(machine: Machine, event: Event, thread: Thread) -> None:
    """Something is sent over a socket that nobody saw being made: it must be a datagram socket."""
    number, value = signed(event, 2), raw(event, 4)
    if succeeded(event) and number is not None and value[:1] in (b"\x02", b"\x0a"):
        descriptors.add(machine, event, thread, number, sockets.new_socket(value[0], _DGRAM, _UDP_NUMBER))


def _take_ends(machine: Machine, event: Event, thread: Thread, value: bytes, *, incoming: bool) -> None:
    """Learn from the data who talks to whom."""
    ends = ends_of(value)
    if event.fd is None or (ends is None and value[:1] != bytes((UNIX,))):
        return
    descriptor = event.fd.copy()
    descriptors.replace(machine, event, thread, descriptor)
    if ends is None:
        _set_pointers(descriptor, value)
        descriptor.name = tuple_text(value)
        return
    if value[0] == INET and descriptor.type == FdType.IPV4_SERVSOCK:
        l4 = sockets.protocol(descriptor)
        descriptor.type = FdType.IPV4_SOCK
        sockets.set_protocol(descriptor, l4)
    if ends.is_ipv4:
        descriptor.type = FdType.IPV4_SOCK
    if sockets.set_ends(descriptor, ends):
        _name(machine, thread, descriptor, value, incoming=incoming)


def _name(machine: Machine, thread: Thread, descriptor: Descriptor, value: bytes, *, incoming: bool) -> None:
    """The ends have changed, so the role may and the name will."""
    if descriptor.type not in IP_SOCKETS:
        descriptor.name = tuple_text(value)
        return
    if sockets.protocol(descriptor) == sockets.UNKNOWN_PROTOCOL:
        sockets.set_protocol(descriptor, sockets.UDP)
    machine.network.complete(descriptor)
    if not descriptor.flags & FdFlag.ROLE:
        sockets.guess_role(descriptor, (machine.threads.fds(thread) or {}).values(), incoming=incoming)
    if descriptor.flags & (FdFlag.CLIENT if incoming else FdFlag.SERVER):
        sockets.swap_ends(descriptor)
    descriptor.name = sockets.ends_name(descriptor)


HANDLERS = {
    19: _socket,
    43: _socketpair,
    21: _bind,
    23: _connect,
    247: _accept,
    389: _accept,  # accept4
    **dict.fromkeys(PLAIN_DATA, _data),
    **dict.fromkeys(DATA_WITH_ENDS, _data_with_ends),
}
