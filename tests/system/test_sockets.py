"""Sockets: both ends, their role, and the name that says it."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Interface, Snapshot
from falcolab.system.thread import Descriptor, FdFlag, FdType, sock_bytes
from tests.system.events import address, event, machine, pair, process, take, unix_pair

INET, INET6, UNIX, PACKET, NETLINK = 2, 10, 1, 17, 16
STREAM, DGRAM, RAW = 1, 2, 3
TCP, UDP, ICMP = 6, 17, 1
EINPROGRESS = -115

HERE, THERE = "10.0.0.1:40000", "10.0.0.2:53"
HERE6, THERE6 = "fd00::1:40000", "fd00::2:53"


def sock(domain: int = INET, kind: int = STREAM, proto: int = 0, fd: int = 3) -> Event:
    return event("socket", fd=fd, domain=domain, type=kind, proto=proto, flags=0)


def after(*events: Event) -> Descriptor:
    found = take(machine(), *events).fd
    assert found is not None
    return found


def connect(source: str, destination: str, *, res: int = 0) -> Event:
    return event("connect", res=res, fd=3, tuple=pair(source, destination), addr=address(destination))


def sendto(source: str, destination: str, *, res: int = 5) -> Event:
    return event("sendto", res=res, fd=3, tuple=pair(source, destination))


def recvfrom(source: str, destination: str, *, res: int = 5) -> Event:
    return event("recvfrom", res=res, fd=3, tuple=pair(source, destination))


@pytest.mark.parametrize(
    ("domain", "kind", "proto", "type_", "l4"),
    [
        (INET, STREAM, 0, FdType.IPV4_SOCK, 2),
        (INET, DGRAM | 0x800, 0, FdType.IPV4_SOCK, 3),
        (INET, STREAM, TCP, FdType.IPV4_SOCK, 2),
        (INET, RAW, TCP, FdType.IPV4_SOCK, 5),
        (INET, DGRAM, UDP, FdType.IPV4_SOCK, 3),
        (INET, DGRAM, ICMP, FdType.IPV4_SOCK, 4),
        (INET, RAW, 255, FdType.IPV4_SOCK, 5),
        (INET, RAW, 0, FdType.IPV4_SOCK, 0),
        (INET6, STREAM, 0, FdType.IPV6_SOCK, 2),
        (UNIX, STREAM, 0, FdType.UNIX_SOCK, 0),
        (NETLINK, RAW, 0, FdType.NETLINK, 0),
        (PACKET, RAW, 0, FdType.UNKNOWN, 0),
    ],
)
def test_what_a_new_socket_is(domain: int, kind: int, proto: int, type_: int, l4: int) -> None:
    made = after(sock(domain, kind, proto))
    assert (made.type, made.name, made.flags) == (type_, b"", 0)
    assert made.sock[36 if domain == INET6 else 12] == l4


def test_a_server_binds_and_accepts() -> None:
    tables = machine()
    bound = take(tables, sock(), event("bind", res=0, fd=3, addr=address("0.0.0.0:80"))).fd
    assert bound is not None
    assert (bound.type, bound.name, bound.flags) == (FdType.IPV4_SERVSOCK, b"0.0.0.0:80", FdFlag.SERVER)
    assert bound.sock[6] == 2
    accepted = take(tables, event("accept4", fd=4, tuple=pair("10.0.0.9:5000", "10.0.0.1:80"), flags=1 << 12))
    assert accepted.fd is tables.threads.by_id[10].fds[4]
    assert accepted.fd.name == b"10.0.0.9:5000->10.0.0.1:80"
    assert accepted.fd.flags == FdFlag.SERVER | FdFlag.CONNECTED
    assert (accepted.fd.sock[12], accepted.fd.openflags) == (2, 1 << 12)


def test_accept_of_ipv6_and_unix() -> None:
    accepted = after(event("accept", fd=4, tuple=pair("::ffff:1.2.3.4:9", "::ffff:1.2.3.5:80")))
    assert (accepted.type, accepted.name) == (FdType.IPV4_SOCK, b"1.2.3.4:9->1.2.3.5:80")
    accepted = after(event("accept", fd=4, tuple=pair(HERE6, THERE6)))
    assert (accepted.type, accepted.name) == (FdType.IPV6_SOCK, b"fd00::1:40000->fd00::2:53")
    accepted = after(event("accept", fd=4, tuple=unix_pair(0xAB, 0xCD, "/run/x")))
    assert (accepted.type, accepted.name) == (FdType.UNIX_SOCK, b"ab->cd /run/x")


def test_accept_without_ends_only_tells_the_number() -> None:
    tables = machine()
    accepted = take(tables, event("accept", fd=4))
    assert accepted.fd is None
    assert tables.threads.by_id[10].last_fd == 4


def test_bind_of_ipv6_and_unix() -> None:
    bound = after(sock(INET6), event("bind", res=0, fd=3, addr=address(":::80")))
    assert (bound.type, bound.name) == (
        FdType.IPV4_SERVSOCK,
        b":::80",
    )  # Falco takes :: for a mapped address.
    bound = after(sock(INET6), event("bind", res=0, fd=3, addr=address("fd00::1:80")))
    assert (bound.type, bound.name) == (FdType.IPV6_SERVSOCK, b"fd00::1:80")
    bound = after(sock(UNIX), event("bind", res=0, fd=3, addr=address("/run/x")))
    assert (bound.type, bound.name, bound.flags) == (FdType.UNIX_SOCK, b"/run/x", 0)


def test_bind_to_any_port_makes_no_server() -> None:
    bound = after(sock(), event("bind", res=0, fd=3, addr=address("10.0.0.1:0")))
    assert (bound.type, bound.name, bound.flags) == (FdType.IPV4_SOCK, b"10.0.0.1:0", 0)


def test_a_client_connects() -> None:
    connected = after(sock(), connect(HERE, THERE))
    assert connected.name == b"10.0.0.1:40000->10.0.0.2:53"
    assert connected.flags == FdFlag.CLIENT | FdFlag.CONNECTED
    assert after(sock(), connect(HERE, THERE, res=EINPROGRESS)).name
    assert after(sock(), connect(HERE, THERE, res=-111)).name == b""


def test_connect_over_ipv6() -> None:
    assert after(sock(INET6), connect(HERE6, THERE6)).name == b"fd00::1:40000->fd00::2:53"
    mapped = after(sock(INET6), connect("::ffff:1.2.3.4:9", "::ffff:1.2.3.5:80"))
    assert mapped.type == FdType.IPV4_SOCK
    assert mapped.name == b"<unknown>"  # The protocol stays where an IPv6 socket has it.


def test_connect_to_a_unix_socket() -> None:
    values: dict[str, Any] = {
        "res": 0,
        "fd": 3,
        "tuple": unix_pair(1, 2, "/run/now"),
        "addr": address("/run/now"),
    }
    assert after(sock(UNIX), event("connect", **values)).name == b"1->2 /run/now"
    entered = event("connect", enter=True, fd=3, addr=address("/run/then"))
    assert after(sock(UNIX), entered, event("connect", **values)).name == b"1->2 /run/then"


def test_the_address_at_the_beginning_of_the_call_counts() -> None:
    entered = event("connect", enter=True, fd=3, addr=address("10.9.9.9:99"))
    assert after(sock(), entered, connect(HERE, THERE)).name == b"10.0.0.1:40000->10.9.9.9:99"


def test_the_kernels_word_counts_for_more_than_the_programs() -> None:
    entered = event("connect", enter=True, fd=3, addr=address("10.9.9.9:99"))
    told = event("connect", res=0, fd=3, tuple=pair(HERE, THERE), addr=address("10.8.8.8:88"))
    assert after(sock(), entered, told).name == b"10.0.0.1:40000->10.0.0.2:53"


def test_connect_without_ends_takes_the_destination_from_the_calls_beginning() -> None:
    entered = event("connect", enter=True, fd=3, addr=address(THERE))
    connecting = after(sock(), entered, event("connect", res=EINPROGRESS, fd=3))
    assert (connecting.name, connecting.sock[4:8], connecting.flags) == (
        b"",
        b"\x0a\0\0\x02",
        FdFlag.CONNECTED,
    )
    entered = event("connect", enter=True, fd=3, addr=address("/run/x"))
    assert after(sock(UNIX), entered, event("connect", res=0, fd=3)).name == b"NULL"


def test_datagrams_tell_the_ends() -> None:
    sent = after(sock(kind=DGRAM), sendto(HERE, THERE))
    assert (sent.name, sent.flags & FdFlag.ROLE) == (b"10.0.0.1:40000->10.0.0.2:53", FdFlag.CLIENT)
    answered = after(sock(kind=DGRAM), sendto(HERE, THERE), recvfrom(THERE, HERE))
    assert answered.name == b"10.0.0.1:40000->10.0.0.2:53"
    elsewhere = after(sock(kind=DGRAM), sendto(HERE, THERE), sendto(HERE, "10.0.0.3:53"))
    assert elsewhere.name == b"10.0.0.1:40000->10.0.0.3:53"


def test_a_datagram_server_is_the_destination() -> None:
    bound = [sock(kind=DGRAM), event("bind", res=0, fd=3, addr=address("10.0.0.1:53"))]
    received = after(*bound, recvfrom("10.0.0.9:5000", "10.0.0.1:53"))
    assert (received.type, received.name) == (FdType.IPV4_SOCK, b"10.0.0.9:5000->10.0.0.1:53")
    sent = after(*bound, sendto("10.0.0.1:53", "10.0.0.8:5000"))
    assert sent.name == b"10.0.0.8:5000->10.0.0.1:53"


def test_whoever_receives_first_on_an_unknown_port_is_a_server() -> None:
    received = after(sock(kind=DGRAM), recvfrom("10.0.0.9:5000", "10.0.0.1:53"))
    assert received.flags & FdFlag.ROLE == FdFlag.SERVER


def test_the_ends_of_tcp_do_not_change() -> None:
    kept = after(sock(), connect(HERE, THERE), sendto(HERE, "10.0.0.3:53"))
    assert kept.name == b"10.0.0.1:40000->10.0.0.2:53"


def test_data_shows_that_a_socket_is_connected() -> None:
    assert after(sock(), event("write", fd=3, res=1)).flags == FdFlag.CONNECTED
    assert after(sock(), event("read", fd=3, res=-11)).flags == 0
    assert after(sock(INET6), event("readv", fd=3, res=1)).flags == FdFlag.CONNECTED


def test_failed_transfers_tell_nothing() -> None:
    assert after(sock(kind=DGRAM), sendto(HERE, THERE, res=-1)).name == b""


def test_a_socket_that_nobody_saw_being_made_is_one_of_datagrams() -> None:
    sent = after(sendto(HERE, THERE))
    assert (sent.type, sent.sock[12], sent.name) == (FdType.IPV4_SOCK, 3, b"10.0.0.1:40000->10.0.0.2:53")


def test_data_over_unix_sockets_renames_them() -> None:
    sent = after(sock(UNIX, DGRAM), event("sendmsg", res=1, fd=3, tuple=unix_pair(1, 2, "/dev/log")))
    assert (sent.type, sent.name) == (FdType.UNIX_SOCK, b"1->2 /dev/log")


def test_names_of_other_protocols() -> None:
    assert after(sock(kind=DGRAM, proto=ICMP), connect(HERE, THERE)).name == b"10.0.0.1->10.0.0.2"
    assert after(sock(kind=RAW, proto=255), connect(HERE, THERE)).name == b"10.0.0.1->10.0.0.2"
    assert after(sock(INET6, RAW, 255), connect(HERE6, THERE6)).name == b"<unknown>"


def test_zero_addresses_are_completed_from_the_interfaces() -> None:
    loopback = Interface(b"lo", b"\x7f\0\0\x01", b"\xff\0\0\0", bytes(4))
    ethernet = Interface(b"eth0", b"\x0a\0\0\x01", b"\xff\xff\xff\0", bytes(4))
    tables = Machine()
    tables.begin(Snapshot(processes={10: process(10)}, interfaces=[loopback, ethernet]))
    sent = take(tables, sock(kind=DGRAM), sendto("0.0.0.0:40000", "10.0.0.2:53")).fd
    assert sent is not None
    assert sent.name == b"10.0.0.1:40000->10.0.0.2:53"
    sent = take(tables, sendto("0.0.0.0:40000", "8.8.8.8:53")).fd
    assert sent is not None
    assert sent.name == b"10.0.0.1:40000->8.8.8.8:53"


def test_socketpair() -> None:
    tables = machine()
    made = take(tables, event("socketpair", res=0, fd1=3, fd2=4, source=7, peer=8))
    fds = tables.threads.by_id[10].fds
    assert made.fd is fds[3]
    assert (fds[4].type, fds[4].name, fds[4].sock[:9]) == (
        FdType.UNIX_SOCK,
        b"",
        b"\x07" + bytes(7) + b"\x08",
    )
    assert take(tables, event("socketpair", res=0, fd1=-1, fd2=-1, source=7, peer=8)).fd is None


def listed(type_: int, content: bytes, name: bytes = b"") -> Descriptor:
    return Descriptor(type_, name, sock=sock_bytes(content))


def test_sockets_of_the_process_list() -> None:
    server = listed(FdType.IPV4_SERVSOCK, address("0.0.0.0:80")[1:] + b"\x02")
    served = listed(FdType.IPV4_SOCK, b"\x0a\0\0\x01\x0a\0\0\x09" + b"\x50\0\x88\x13\x02")
    client = listed(FdType.IPV4_SOCK, b"\x0a\0\0\x01\x0a\0\0\x09" + b"\x51\0\x88\x13\x03")
    mapped = listed(
        FdType.IPV6_SOCK, bytes(10) + b"\xff\xff\x01\x02\x03\x04" + bytes(16) + b"\x09\0\x0a\0\x02"
    )
    server6 = listed(FdType.IPV6_SERVSOCK, address("fd00::1:443")[1:] + b"\x02")
    listening, quiet = listed(FdType.UNIX_SOCK, b"", b"/run/x"), listed(FdType.UNIX_SOCK, b"")
    tables = machine(
        process(20, fds=dict(enumerate([server, served, client, mapped, server6, listening, quiet])))
    )
    fds = tables.threads.by_id[20].fds
    role = FdFlag.ROLE | FdFlag.CONNECTED
    assert [(each.name, each.flags & role) for each in fds.values()] == [
        (b"0.0.0.0:80", 0),
        (b"10.0.0.9:5000->10.0.0.1:80", FdFlag.SERVER | FdFlag.CONNECTED),
        (b"10.0.0.1:81->10.0.0.9:5000", FdFlag.CLIENT),
        (b"1.2.3.4:9->0.0.0.0:10", FdFlag.CLIENT | FdFlag.CONNECTED),
        (b"fd00::1:443", 0),
        (b"/run/x", FdFlag.SERVER),
        (b"", FdFlag.CLIENT),
    ]
    assert fds[3].type == FdType.IPV4_SOCK


@pytest.mark.parametrize("size", range(40))
@pytest.mark.parametrize("family", [0, UNIX, INET, INET6, 255])
def test_addresses_that_are_cut_off_are_survived(family: int, size: int) -> None:
    value = bytes((family,)) + bytes(size)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("bind", {"res": 0, "addr": value}),
        ("connect", {"res": 0, "tuple": value, "addr": value}),
        ("sendto", {"res": 1, "tuple": value}),
        ("recvfrom", {"res": 1, "tuple": value}),
    ]
    for call, values in calls:
        take(machine(), sock(), event("connect", enter=True, fd=3, addr=value), event(call, fd=3, **values))
    take(machine(), event("accept", fd=4, tuple=value))
