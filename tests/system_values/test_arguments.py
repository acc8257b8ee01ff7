"""``evt.arg``, ``evt.args`` and ``evt.rawarg``: parameters as text and as they were recorded."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.snapshot import User
from tests.system.events import address, event, machine, pair, process, take, unix_pair
from tests.system_values.fields import compared, in_json

MAPPED = pair("::ffff:1.2.3.4:1", "::ffff:5.6.7.8:2")


@pytest.mark.parametrize(
    ("name", "values", "argument", "text"),
    [
        ("open", {"fd": 3, "name": "/etc/passwd", "flags": 4097}, "flags", "O_RDONLY|O_CLOEXEC"),
        ("open", {"fd": 3, "name": "/a", "flags": 3}, "flags", "O_RDWR"),
        ("open", {"fd": -2, "name": "/a"}, "fd", "ENOENT"),
        ("open", {"fd": -2, "name": "/a", "mode": 0o644}, "mode", "0644"),
        ("open", {"fd": -2, "name": "/a", "mode": 0}, "mode", "0"),
        ("open", {"fd": -2, "name": "/a", "dev": 0xCA02}, "dev", "CA02"),
        ("open", {"fd": -2, "name": "b/../c"}, "name", "/home/c"),
        ("open", {"fd": -2, "name": "/b/../c"}, "name", "/b/../c"),
        ("open", {"fd": -2}, "name", "<NA>"),
        ("open", {"fd": -2, "name": b"/\xff\n"}, "name", "/\ufffd\ufffd"),
        ("close", {"res": 0, "fd": -100}, "fd", "AT_FDCWD"),
        ("close", {"res": -999999}, "res", "-999999"),
        ("socket", {"fd": 3, "domain": 1}, "domain", "AF_LOCAL|AF_UNIX"),
        ("socket", {"fd": 3, "domain": 200}, "domain", "200"),
        ("kill", {"res": 0, "pid": 1, "sig": 9}, "sig", "SIGKILL"),
        ("kill", {"res": 0, "pid": 1, "sig": 9}, "pid", "init"),
        ("kill", {"res": 0, "pid": 77777, "sig": 9}, "pid", "77777"),
        ("setuid", {"res": 0, "uid": 0}, "uid", "root"),
        ("setuid", {"res": 0, "uid": 7}, "uid", "seven"),
        ("setuid", {"res": 0, "uid": 8}, "uid", "<NA>"),
        ("setuid", {"res": 0, "uid": 2**32 - 1}, "uid", "<NONE>"),
        ("nanosleep", {"res": 0, "interval": 1_500_000_000}, "interval", "1.5s"),
        ("nanosleep", {"res": 0, "interval": 2**64 - 1}, "interval", "none"),
        ("fchmodat", {"res": 0, "dirfd": -100, "mode": 0o111}, "mode", "S_IXOTH|S_IXGRP|S_IXUSR"),
        ("fchmodat", {"res": 0, "dirfd": -100, "filename": "x", "mode": 0}, "mode", "0"),
        ("fchmodat", {"res": 0, "dirfd": -100, "filename": "x"}, "filename", "/home/x"),
        ("fchmodat", {"res": 0, "dirfd": 99, "filename": "x"}, "filename", "x"),
        ("bind", {"res": 0, "addr": address("10.0.0.1:80")}, "addr", "10.0.0.1:80"),
        ("bind", {"res": 0, "addr": address("::1:80")}, "addr", "::1:80"),
        ("bind", {"res": 0, "addr": address("/run/x")}, "addr", "/run/x"),
        ("bind", {"res": 0, "addr": b"\x10"}, "addr", "family 16"),
        ("bind", {"res": 0, "addr": b"\x02\x7f"}, "addr", "INVALID IPv4"),
        ("connect", {"res": 0, "tuple": pair("10.0.0.1:1", "10.0.0.2:2")}, "tuple", "10.0.0.1:1->10.0.0.2:2"),
        ("connect", {"res": 0, "tuple": MAPPED}, "tuple", "1.2.3.4:1->5.6.7.8:2"),
        ("connect", {"res": 0, "tuple": unix_pair(0, 0xABC, "/run/x")}, "tuple", "0->abc /run/x"),
        ("connect", {"res": 0}, "tuple", "NULL"),
        ("connect", {"res": 0}, "addr", "<NA>"),
        ("write", {"res": 4, "data": b"a\n\xffb"}, "data", "a..b"),
        ("write", {"res": 4}, "data", "NULL"),
        ("ppoll", {"res": 0, "sigmask": 0b101}, "sigmask", "SIGHUP SIGQUIT"),
        ("poll", {"res": 1, "fds": b"\x01\0" + b"\xff" * 8 + b"\x01\0"}, "fds", "18446744073709551615:?1"),
        ("poll", {"res": 1, "fds": b"\xff\xff" + bytes(8)}, "fds", ""),
        ("setsockopt", {"res": 0, "val": b"\x02\x05\0\0\0"}, "val", "5"),
        ("setsockopt", {"res": 0, "val": b"\x00ab\0"}, "val", "ab."),
        ("setsockopt", {"res": 0, "val": b"\x63"}, "val", "INVALID DYNAMIC PARAMETER"),
        ("setsockopt", {"res": 0, "val": b"\x02\x05"}, "val", "<NA>"),
        ("mmap", {"res": -12}, "res", "ENOMEM"),
        ("brk", {"res": 2**64 - 1}, "res", "FFFFFFFFFFFFFFFF"),
        ("getrlimit", {"res": 0, "cur": 0, "max": -1}, "max", "-1"),
        ("read", {"res": 0, "size": 2**32 - 1}, "size", "-1"),
    ],
)  # fmt: skip
def test_an_argument_as_text(name: str, values: dict[str, Any], argument: str, text: str) -> None:
    tables = machine()
    tables.users.add_user(User(7, 7, b"seven", b"/", b"/bin/sh"))
    assert compared(f"evt.arg.{argument}", take(tables, event(name, **values)), tables) == text


def test_descriptors_are_resolved_as_they_are_after_the_event() -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name="/etc/passwd", flags=1))
    assert compared("evt.arg.fd", opened, tables) == "<f>/etc/passwd"
    assert compared("evt.arg[0]", opened, tables) == "<f>/etc/passwd"
    assert compared("evt.arg[99]", opened, tables) is None
    assert compared("evt.arg.res", opened, tables) is None


def test_all_arguments_in_one_text() -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name="x", flags=4097, mode=0))
    expected = "fd=3(<f>/home/x) name=x(/home/x) flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=<NA> ino=<NA>"
    assert compared("evt.args", opened, tables) == compared("evt.info", opened, tables) == expected


def test_users_of_containers_have_no_names_in_arguments() -> None:
    entry = process(20, cgroups=b"cpu=/docker/" + b"a1" * 32)
    tables = machine(entry)
    changed = take(tables, event("setuid", 20, res=0, uid=0))
    assert compared("evt.arg.uid", changed, tables) == "<NA>"
    assert compared("user.name", changed, tables) == "root"


@pytest.mark.parametrize(
    ("name", "values", "argument", "value", "shown"),
    [
        ("open", {"fd": 3, "name": "/a", "flags": 0x1001}, "flags", 0x1001, "1001"),
        ("open", {"fd": 3, "name": "/a", "mode": 0o755}, "mode", 0o755, "755"),
        ("mkdir", {"res": 0, "path": "/a", "mode": 0x1ED}, "mode", 0x1ED, "1ED"),
        ("open", {"fd": 3, "name": "/a"}, "flags", None, "0"),
        ("open", {"fd": -2, "name": "/a"}, "fd", -2, -2),
        ("open", {"fd": 3, "name": "a"}, "name", "a", "a"),
        ("open", {"fd": 3}, "name", "<NA>", "<NA>"),
        ("open", {"fd": 3}, "pathname", None, None),
        ("write", {"res": 1, "data": b"\0"}, "data", b"\0", "."),
        ("read", {"res": 0, "size": 2**32 - 1}, "size", 2**32 - 1, 2**32 - 1),
    ],
)
def test_a_raw_argument(name: str, values: dict[str, Any], argument: str, value: Any, shown: Any) -> None:
    tables = machine()
    taken = take(tables, event(name, **values))
    assert compared(f"evt.rawarg.{argument}", taken, tables) == value
    assert in_json(f"evt.rawarg.{argument}", taken, tables) == shown


@pytest.mark.parametrize(("size", "shown"), [(1022, 1022), (1023, 1021), (1024, 1021), (5000, 1021)])
def test_long_buffers_are_cut_when_they_are_printed(size: int, shown: int) -> None:
    tables = machine()
    taken = take(tables, event("write", res=size, data=b"x" * size))
    assert compared("evt.buffer", taken, tables) == b"x" * size
    assert in_json("evt.buffer", taken, tables) == "x" * shown
    assert len(compared("evt.arg.data", taken, tables)) == size


def test_the_text_of_an_empty_buffer() -> None:
    tables = machine()
    taken = take(tables, event("write", res=0))
    assert compared("evt.buffer", taken, tables) == b""
    assert in_json("evt.buffer", taken, tables) == "NULL"
    assert in_json("evt.buffer", take(tables, event("close", res=0, fd=3)), tables) is None


@pytest.mark.parametrize(
    ("name", "values", "true"),
    [
        ("open", {"fd": 3, "flags": 1}, "read"),
        ("open", {"fd": -2, "flags": 3}, "read write"),
        ("openat", {"fd": 3, "flags": 2 | 1 << 14}, "write create"),
        ("openat2", {"fd": 3, "flags": 1 << 2, "mode": 0o100}, "exec"),
        ("openat2", {"fd": 3, "flags": 1 << 13, "mode": 0o644}, "create"),
        ("openat2", {"fd": -1, "flags": 1 << 13, "mode": 0o644}, ""),
        ("open_by_handle_at", {"fd": 3, "flags": 1 << 2 | 1}, "read"),
        ("creat", {"fd": 3, "mode": 0o755}, "exec"),
        ("open", {"fd": 3}, ""),
        ("close", {"res": 0, "fd": 3}, ""),
    ],
)
def test_how_a_file_is_opened(name: str, values: dict[str, Any], true: str) -> None:
    tables = machine()
    taken = take(tables, event(name, **values))
    kinds = ("read", "write", "create", "exec")
    assert [kind for kind in kinds if compared(f"evt.is_open_{kind}", taken, tables)] == true.split()


@pytest.mark.parametrize(
    ("name", "values", "field", "path"),
    [
        ("renameat", {"olddirfd": -100, "oldpath": "a"}, "evt.abspath.src", "/home/a"),
        ("renameat", {"newdirfd": 5, "newpath": "b"}, "evt.abspath.dst", "/d/b"),
        ("renameat", {"olddirfd": 6, "oldpath": "a"}, "evt.abspath", "<UNKNOWN>/a"),
        ("unlinkat", {"dirfd": 6, "name": "/x/../y"}, "evt.abspath", "/y"),
        ("unlinkat", {"dirfd": 6}, "evt.abspath", None),
        ("mkdir", {"path": "/x"}, "evt.abspath", None),
    ],
)  # fmt: skip
def test_absolute_paths(name: str, values: dict[str, Any], field: str, path: str | None) -> None:
    tables = machine()
    take(tables, event("open", fd=5, name="/d", flags=1 << 10))
    assert compared(field, take(tables, event(name, res=0, **values)), tables) == path
