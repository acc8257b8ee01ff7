"""Fields of descriptors, of connections, and of the paths that calls name."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from falcolab.system.machine import Machine
from falcolab.system.snapshot import Interface, Snapshot
from tests.system.events import address, event, machine, pair, process, take, unix_pair
from tests.system_values.fields import compared, in_json, in_text

DIRECTORY = 1 << 10
V4, V6 = (socket.inet_aton, lambda text: socket.inet_pton(socket.AF_INET6, text))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fd.num", 3),
        ("fd.uid", "103"),
        ("fd.type", "file"),
        ("fd.typechar", "f"),
        ("fd.name", "/home/dir/file"),
        ("fd.nameraw", "dir/file"),
        ("fd.directory", "/home/dir"),
        ("fd.filename", "file"),
        ("fd.containername", ":/home/dir/file"),
        ("fd.containerdirectory", ":/home/dir"),
        ("fd.dev", 0xFE00),
        ("fd.dev.major", 0xFE),
        ("fd.dev.minor", 0),
        ("fd.ino", -1),
        ("fd.connected", False),
        ("fd.name_changed", True),
        ("fd.is_upper_layer", True),
        ("fd.is_lower_layer", False),
        ("fd.l4proto", "<NA>"),
        ("fd.sockfamily", None),
        ("fd.is_server", False),
        ("fd.types", ("file",)),
        ("fd.types[3]", ("file",)),
        ("fd.types[4]", None),
        ("fd.cip", None),
        ("fd.ip", ()),
        ("fd.sip.name", ()),
    ],
)
def test_a_field_of_a_file_that_was_opened(field: str, value: Any) -> None:
    tables = machine()
    opened = event("open", fd=3, name="dir//./file", flags=1 | 1 << 15, dev=0xFE00, ino=2**64 - 1)
    assert compared(field, take(tables, opened), tables) == (value if field != "fd.nameraw" else "dir/./file")


def test_the_number_of_a_device_prints_in_hexadecimal() -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name="/a", dev=0xFE00, ino=1))
    assert in_json("fd.dev", opened, tables) == in_text("fd.dev", opened, tables) == "FE00"


@pytest.mark.parametrize(
    ("name", "directory", "file"),
    [
        ("/a", "/", "a"),
        ("/", "/", "/"),
        ("/a/b", "/a", "b"),
    ],
)
def test_directory_and_file_name(name: str, directory: str, file: str) -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name=name))
    assert compared("fd.directory", opened, tables) == directory
    assert compared("fd.filename", opened, tables) == file


def test_a_directory_is_its_own_directory() -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name="/a/b", flags=DIRECTORY))
    assert compared("fd.directory", opened, tables) == "/a/b"
    assert compared("fd.filename", opened, tables) is None


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("open", {"fd": -2, "name": "x"}, ("/home/x", "/home/x", "/home", "o")),
        ("openat", {"fd": -2, "dirfd": -100, "name": "x//y"}, ("/home/x/y", "x/y", "/home/x", "f")),
        ("openat", {"fd": -2, "dirfd": 99, "name": "x"}, ("<UNKNOWN>x", "x", "/", "f")),
        ("openat", {"fd": -2, "dirfd": 99}, (None, None, None, "f")),
        ("openat2", {"fd": -2, "dirfd": 99, "name": "/x/../y"}, ("/y", "/x/../y", "/", "f")),
        ("creat", {"fd": -13, "name": "/x/y"}, ("/x/y", "/x/y", "/x", "f")),
        ("open_by_handle_at", {"fd": -2, "path": "/p/q"}, ("/p/q", "/p/q", "/p", "o")),
        ("accept", {"fd": -11}, ("NULL", "NULL", "/", "4")),
        ("socket", {"fd": -97}, ("", "", "/", "4")),
        ("pipe", {"res": -24}, ("", "", "/", "p")),
        ("close", {"res": -9, "fd": 77}, ("", "", "/", "o")),
    ],
)
def test_what_a_call_that_failed_would_have_opened(
    name: str, values: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    tables = machine()
    taken = take(tables, event(name, **values))
    fields = ("fd.name", "fd.nameraw", "fd.directory", "fd.typechar")
    assert tuple(compared(each, taken, tables) for each in fields) == expected
    assert compared("fd.type", taken, tables) is None
    assert compared("fd.ip", taken, tables) is None


def test_events_that_are_not_about_descriptors_have_none() -> None:
    tables = machine()
    take(tables, event("open", fd=3, name="/a"))
    taken = take(tables, event("setuid", res=0, uid=0))
    assert {compared(each, taken, tables) for each in ("fd.num", "fd.name", "fd.uid", "fd.types")} == {None}


def test_a_process_without_descriptors_has_an_empty_list_of_types() -> None:
    tables = machine()
    taken = take(tables, event("close", res=-9, fd=7))
    assert compared("fd.types", taken, tables) == ()
    assert in_json("fd.types", taken, tables) is None
    assert in_text("fd.types", taken, tables) == "()"


def connected(source: str, destination: str, *, family: int = 2) -> tuple[Machine, Any]:
    tables = Machine()
    interfaces = [
        Interface(b"eth0", V4("10.0.0.1"), V4("255.255.255.0"), V4("10.0.0.255")),
        Interface(b"eth0", V6("2001:db8::1"), bytes(16), bytes(16)),
    ]
    tables.begin(Snapshot(processes={10: process(10)}, interfaces=interfaces))
    take(tables, event("socket", fd=3, domain=family, type=1, proto=6))
    return tables, take(tables, event("connect", res=0, tuple=pair(source, destination), fd=3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fd.type", "ipv4"),
        ("fd.name", "10.0.0.1:5000->8.8.8.8:443"),
        ("fd.cip", V4("10.0.0.1")),
        ("fd.sip", V4("8.8.8.8")),
        ("fd.lip", V4("10.0.0.1")),
        ("fd.rip", V4("8.8.8.8")),
        ("fd.cnet", V4("10.0.0.1")),
        ("fd.cport", 5000),
        ("fd.sport", 443),
        ("fd.lport", 5000),
        ("fd.rport", 443),
        ("fd.cproto", "5000"),
        ("fd.sproto", "443"),
        ("fd.rproto", "443"),
        ("fd.ip", (V4("10.0.0.1"), V4("8.8.8.8"))),
        ("fd.net", (V4("10.0.0.1"), V4("8.8.8.8"))),
        ("fd.port", (5000, 443)),
        ("fd.proto", (5000, 443)),
        ("fd.l4proto", "tcp"),
        ("fd.sockfamily", "ip"),
        ("fd.is_server", False),
        ("fd.connected", True),
        ("fd.directory", None),
        ("evt.arg.fd", "<4t>10.0.0.1:5000->8.8.8.8:443"),
    ],
)
def test_a_field_of_a_connection(field: str, value: Any) -> None:
    tables, taken = connected("10.0.0.1:5000", "8.8.8.8:443")
    assert compared(field, taken, tables) == value


def test_a_connection_from_elsewhere_has_its_own_end_on_the_right() -> None:
    tables, taken = connected("8.8.8.8:5000", "10.0.0.1:443")
    assert in_json("fd.lip", taken, tables) == "10.0.0.1"
    assert in_json("fd.rip", taken, tables) == "8.8.8.8"
    assert compared("fd.rport", taken, tables) == 5000
    assert compared("fd.is_server", taken, tables) is True


def test_ipv6_addresses_are_local_by_their_network() -> None:
    tables, taken = connected("2001:db8::77:5000", "2001:4860::8888:443", family=10)
    assert in_json("fd.lip", taken, tables) == "2001:db8::77"
    assert in_json("fd.sip", taken, tables) == "2001:4860::8888"
    assert in_json("fd.snet", taken, tables) == "<IPNET>"
    assert in_json("fd.ip", taken, tables) is None


def test_a_server_socket_has_a_server_end_only() -> None:
    tables = machine()
    take(tables, event("socket", fd=3, domain=2, type=1, proto=6))
    taken = take(tables, event("bind", res=0, addr=address("0.0.0.0:80"), fd=3))
    names = (
        "fd.sip",
        "fd.sport",
        "fd.cip",
        "fd.cport",
        "fd.cproto",
        "fd.sproto",
        "fd.ip",
        "fd.port",
        "fd.is_server",
    )
    expected = [V4("0.0.0.0"), 80, None, None, "", "", (V4("0.0.0.0"),), (80,), True]
    assert [compared(name, taken, tables) for name in names] == expected


def test_a_unix_socket_is_no_connection() -> None:
    tables = machine()
    take(tables, event("socket", fd=3, domain=1, type=1))
    taken = take(tables, event("connect", res=0, tuple=unix_pair(0, 1, "/run/x"), fd=3))
    names = ("fd.type", "fd.sockfamily", "fd.cport", "fd.cproto", "fd.ip", "fd.sip.name", "fd.l4proto")
    assert [compared(name, taken, tables) for name in names] == ["unix", "unix", None, "", (), (), "<NA>"]


def test_what_a_poll_call_watches() -> None:
    tables, _ = connected("10.0.0.1:5000", "8.8.8.8:443")
    watched = b"".join(number.to_bytes(8, "little") + b"\x01\0" for number in (3, 77))
    taken = take(tables, event("poll", res=1, fds=b"\x02\0" + watched))
    values = [
        compared(f"fdlist.{name}", taken, tables)
        for name in ("nums", "names", "cips", "sips", "cports", "sports")
    ]
    assert values == ["3,77", "10.0.0.1:5000->8.8.8.8:443,<NA>", "10.0.0.1", "8.8.8.8", "5000", "443"]
    assert compared("evt.arg.fds", taken, tables) == "3:41 77:?1"


@pytest.mark.parametrize(
    ("name", "values", "paths"),
    [
        ("mkdir", {"res": 0, "path": "x"}, ("/home/x", "x")),
        ("mkdir", {"res": -17, "path": "x"}, (None, None)),
        ("rmdir", {"res": 0, "path": "/a/../b"}, ("/b", "/a/../b")),
        ("unlinkat", {"res": 0, "dirfd": 5, "name": "x"}, ("/d/x", "x")),
        ("unlinkat", {"res": 0, "dirfd": -100, "name": "x"}, ("<UNKNOWN>x", "x")),
        ("unlinkat", {"res": 0, "dirfd": -100, "name": "/x"}, ("/x", "/x")),
        ("open", {"fd": -2, "name": "x"}, ("/home/x", "x")),
        ("open", {"fd": -1, "name": "x"}, (None, None)),
        ("openat", {"fd": 7, "dirfd": 5, "name": "x"}, ("/d/x", "x")),
        ("openat", {"fd": -2, "dirfd": 5, "name": "x"}, ("<UNKNOWN>", "x")),
        ("fchmod", {"res": 0, "fd": 5, "mode": 0}, ("/d", "/d")),
        ("chmod", {"res": 0, "filename": "x"}, ("/home/x", "x")),
        ("creat", {"fd": 6, "name": "/x"}, (None, None)),
    ],
)
def test_the_path_of_a_call(name: str, values: dict[str, Any], paths: tuple[str | None, str | None]) -> None:
    tables = machine()
    take(tables, event("open", fd=5, name="/d", flags=DIRECTORY))
    taken = take(tables, event(name, **values))
    assert (compared("fs.path.name", taken, tables), compared("fs.path.nameraw", taken, tables)) == paths


@pytest.mark.parametrize(
    ("name", "values", "paths"),
    [
        ("rename", {"oldpath": "a", "newpath": "/b"}, ("/home/a", "/b")),
        ("renameat2", {"olddirfd": 5, "oldpath": "a", "newdirfd": -100, "newpath": "b"}, ("/d/a", "/home/b")),
        ("renameat", {"olddirfd": 5, "oldpath": "a", "newdirfd": 5, "newpath": "b"}, ("/home/a", "/home/b")),
        ("link", {"oldpath": "/old", "newpath": "/new"}, ("/new", "/old")),
        ("symlinkat", {"target": "t", "linkdirfd": 5, "linkpath": "l"}, ("/d/l", "<UNKNOWN>t")),
        ("mount", {"dev": "/dev/sda", "dir": "/mnt"}, ("/dev/sda", "/mnt")),
        ("mkdir", {"path": "/x"}, (None, None)),
    ],
)
def test_source_and_target_of_a_call(
    name: str, values: dict[str, Any], paths: tuple[str | None, str | None]
) -> None:
    tables = machine()
    take(tables, event("open", fd=5, name="/d", flags=DIRECTORY))
    taken = take(tables, event(name, res=0, **values))
    assert (compared("fs.path.source", taken, tables), compared("fs.path.target", taken, tables)) == paths
