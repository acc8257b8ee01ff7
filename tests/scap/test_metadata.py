"""What stands before the first event."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from falcolab.errors import InputError
from falcolab.sources.scap import blocks, open_capture
from falcolab.system.limits import MAX_FDS
from falcolab.system.snapshot import Interface, ProcessEntry, User, UserGroup
from falcolab.system.thread import NO_ID, Descriptor, FdType
from tests.scap import building
from tests.scap.building import (
    block,
    fd_entry,
    getuid,
    machine_info,
    process_entry,
    section,
    snapshot,
    text,
    written,
)

CODES = {
    version: [code for code, each in blocks.PROCESSES.items() if each == version] for version in range(1, 10)
}

FULL_TAIL = (
    struct.pack("<QI", 30, 31) + struct.pack("<I", 32) + b"\x01" + struct.pack("<QQQ", 33, 34, 35) + b"\x01"
    + struct.pack("<QQQ", 36, 37, 38) + b"\x01\x01" + struct.pack("<q", 39)
)  # fmt: skip


def entry(folder: Path, version: int, tail: bytes = b"", code: int | None = None) -> ProcessEntry:
    made = snapshot(folder, block(code or CODES[version][0], process_entry(version, tail)))
    (found,) = made.processes.values()
    return found


@pytest.mark.parametrize(
    ("version", "code"), [(each, code) for each, codes in CODES.items() for code in codes]
)
def test_process_lists_of_every_version(tmp_path: Path, version: int, code: int) -> None:
    found = entry(tmp_path, version, code=code)
    assert (found.tid, found.pid, found.ptid, found.comm, found.exe) == (10, 11, 12, b"comm", b"exe")
    assert (found.args, found.cwd, found.fdlimit, found.flags) == (b"a\0b\0", b"/cwd", 15, 16)
    assert (found.uid, found.gid) == (17, 18)
    assert found.sid == (13 if version >= 6 else -1)
    assert found.vpgid == (14 if version >= 8 else -1)
    assert found.exepath == (b"/exe" if version >= 7 else b"")
    assert (found.vmsize, found.vmswap, found.pfminor) == ((19, 21, 23) if version >= 2 else (0, 0, 0))
    assert found.env == (b"A=1\0" if version >= 3 else b"")
    assert (found.vtid, found.vpid, found.cgroups) == (
        (24, 25, b"cpu=/\0") if version >= 4 else (-1, -1, b"")
    )
    assert found.root == (b"/root" if version >= 5 else b"")
    assert (found.loginuid, found.pgid, found.exe_ino) == (NO_ID, -1, 0)


def test_the_tail_of_todays_entries(tmp_path: Path) -> None:
    found = entry(tmp_path, 9, FULL_TAIL)
    assert (found.pidns_init_start_ts, found.tty, found.loginuid) == (30, 31, 32)
    assert (found.cap_inheritable, found.cap_permitted, found.cap_effective) == (33, 34, 35)
    assert (found.exe_ino, found.exe_ino_ctime, found.exe_ino_mtime, found.pgid) == (36, 37, 38, 39)
    assert (found.exe_writable, found.exe_upper_layer) == (True, True)
    assert (found.exe_from_memfd, found.exe_lower_layer) == (True, True)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, {"tty": 0, "loginuid": NO_ID}),
        (4, {"tty": 0, "loginuid": 32, "exe_writable": False}),
        (29, {"tty": 0, "loginuid": 32, "exe_writable": True, "cap_effective": 35}),
        (66, {"tty": 31, "cap_effective": 35, "exe_upper_layer": True, "exe_ino": 36, "pgid": -1}),
    ],
)
def test_older_tails_are_shorter(tmp_path: Path, size: int, expected: dict[str, Any]) -> None:
    tail = FULL_TAIL[:size] if size > 29 else FULL_TAIL[12 : 12 + size]
    found = entry(tmp_path, 9, tail)
    assert {name: getattr(found, name) for name in expected} == expected


def test_what_newer_recorders_append_is_passed_over(tmp_path: Path) -> None:
    two = process_entry(9, FULL_TAIL + b"newer") + process_entry(9, FULL_TAIL).replace(b"comm", b"next")
    made = snapshot(tmp_path, block(0x215, two))
    assert [each.comm for each in made.processes.values()] == [b"next"]  # Both have number 10.


def test_lists_accumulate(tmp_path: Path) -> None:
    other = process_entry(5).replace(struct.pack("<q", 10), struct.pack("<q", 99), 1)
    made = snapshot(tmp_path, block(0x211, process_entry(5)), block(0x211, other))
    assert set(made.processes) == {10, 99}


def fds(folder: Path, version: int, *entries: bytes, tid: int = 10) -> dict[int, Descriptor]:
    code = 0x218 if version > 1 else 0x203
    made = snapshot(
        folder, block(0x211, process_entry(5)), block(code, struct.pack("<Q", tid) + b"".join(entries))
    )
    return made.processes[10].fds


SOCKET_PAYLOADS = {
    FdType.IPV4_SOCK: bytes(range(13)),
    FdType.IPV4_SERVSOCK: bytes(range(7)),
    FdType.IPV6_SOCK: bytes(range(37)),
    FdType.IPV6_SERVSOCK: bytes(range(19)),
}


@pytest.mark.parametrize("version", [1, 2])
def test_lists_of_descriptors(tmp_path: Path, version: int) -> None:
    named = [1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21]
    entries = [fd_entry(version, type_, type_, text(b"n%d" % type_)) for type_ in named]
    entries += [fd_entry(version, type_, type_, payload) for type_, payload in SOCKET_PAYLOADS.items()]
    entries += [fd_entry(version, 8, 8, bytes(range(16)) + text(b"/run/x")), fd_entry(version, 0, 0, b"")]
    found = fds(tmp_path, version, *entries)
    assert {number: found[number].name for number in named} == {each: b"n%d" % each for each in named}
    assert all(each.type == number and each.ino == 9 for number, each in found.items())
    for type_, payload in SOCKET_PAYLOADS.items():
        assert found[type_].sock == payload.ljust(40, b"\0")
    assert (found[8].sock[:16], found[8].name) == (bytes(range(16)), b"/run/x")


def test_files_tell_their_flags_and_maybe_their_device(tmp_path: Path) -> None:
    payload, dev = struct.pack("<I", 1) + text(b"/f"), struct.pack("<I", 7)
    found = fds(tmp_path, 2, fd_entry(2, 3, 16, payload + dev), fd_entry(2, 4, 16, payload))
    assert [(each.openflags, each.name, each.dev) for each in found.values()] == [
        (1, b"/f", 7),
        (1, b"/f", 0),
    ]
    assert fds(tmp_path, 1, fd_entry(1, 3, 16, payload), fd_entry(1, 4, 1, text(b"x")))[4].name == b"x"


def test_descriptors_of_newer_types_are_kept_without_what_they_are(tmp_path: Path) -> None:
    found = fds(tmp_path, 2, fd_entry(2, 3, 99, b"newer"), fd_entry(2, 4, 1, text(b"x") + b"more"))
    assert (found[3].type, found[3].name) == (FdType.UNSUPPORTED, b"unknown-type:[99]")
    assert found[4].name == b"x"


def test_descriptors_of_unknown_threads_are_dropped(tmp_path: Path) -> None:
    assert fds(tmp_path, 2, fd_entry(2, 3, 1, text(b"x")), tid=77) == {}


def test_tables_are_as_large_as_falcos(tmp_path: Path) -> None:
    entries = [fd_entry(2, number, 1, text(b"x")) for number in range(MAX_FDS + 10)]
    assert len(fds(tmp_path, 2, *entries)) == MAX_FDS


def interface(version: int, type_: int, size: int) -> bytes:
    speed = bytes(8) if type_ in (1, 2) else b""
    made = struct.pack("<HH", type_, 3) + b"\x01" * size + b"\x02" * size + b"\x03" * size + speed + b"eth"
    return struct.pack("<I", len(made)) + made if version > 1 else made


@pytest.mark.parametrize(("version", "code"), [(1, 0x205), (1, 0x8011ABCD), (2, 0x219)])
def test_interface_lists(tmp_path: Path, version: int, code: int) -> None:
    content = b"".join(interface(version, type_, size) for type_, size in ((1, 4), (2, 16), (3, 4), (4, 16)))
    made = snapshot(tmp_path, block(code, content))
    expected = [Interface(b"eth", b"\x01" * size, b"\x02" * size, b"\x03" * size) for size in (4, 16, 4, 16)]
    assert made.interfaces == expected


def account(version: int, kind: int, content: bytes) -> bytes:
    made = bytes((kind,)) + content
    return struct.pack("<I", len(made) + 4) + made if version > 1 else made


@pytest.mark.parametrize(("version", "code"), [(1, 0x206), (1, 0x8012ABCD), (2, 0x220)])
def test_user_lists(tmp_path: Path, version: int, code: int) -> None:
    user = struct.pack("<II", 7, 8) + text(b"lp") + text(b"/var") + text(b"/bin/sh")
    content = account(version, 0, user) + account(version, 1, struct.pack("<I", 8) + text(b"lps"))
    made = snapshot(tmp_path, block(code, content))
    assert (made.users, made.groups) == ([User(7, 8, b"lp", b"/var", b"/bin/sh")], [UserGroup(8, b"lps")])


def test_a_later_list_of_users_or_interfaces_replaces_the_earlier(tmp_path: Path) -> None:
    first, second = (block(0x206, b"\x01" + struct.pack("<I", gid) + text(b"g")) for gid in (1, 2))
    made = snapshot(tmp_path, first, second, block(0x205, interface(1, 3, 4)), block(0x205, b""))
    assert ([group.gid for group in made.groups], made.interfaces) == ([2], [])


@pytest.mark.parametrize("code", [0x201, 0x8002ABCD])
def test_machine_information(tmp_path: Path, code: int) -> None:
    made = snapshot(tmp_path, machine_info(code))
    assert made.machine is not None
    assert (made.machine.num_cpus, made.machine.hostname) == (2, b"box")
    assert snapshot(tmp_path).machine is None


def test_options_and_unknown_blocks_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, section(options=b"a comment"), block(0x999, b"what?"), getuid(0))
    with open_capture(path) as capture:
        assert capture.snapshot.processes == {}


NUMBERS = struct.pack("<qqq", 1, 1, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "8 bytes should follow"),
        (b"text", "8 bytes should follow"),
        (b"a text file, not a capture", "where a section header should be"),
        (section(magic=0x4D3C2B1A) + getuid(0), "the magic number is 0x4d3c2b1a"),
        (section(major=2) + getuid(0), "its format is version 2.2"),
        (section(), "there are no events in it"),
        (section() + machine_info(), "there are no events in it"),
    ],
)
def test_what_is_no_capture_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_capture(written(tmp_path, content))


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (machine_info()[:50], "180 bytes should follow"),
        (machine_info()[:-2], "4 bytes should follow"),
        (block(0x201, bytes(9)), "machine information: 180 bytes should follow"),
        (block(0x999, b"1234", trailer=17), "its length is 16 in front and 17 at its end"),
        (struct.pack("<II", 0x999, 4) + bytes(40), "impossible length"),
        (struct.pack("<II", 0x999, 2**32 - 1) + bytes(40), "should follow and the file"),
        (block(0x202, NUMBERS + struct.pack("<H", 1025) + bytes(2000)), "1025 bytes"),
        (block(0x215, struct.pack("<I", 2) + bytes(40)), "an entry of"),
        (block(0x215, struct.pack("<I", 500) + bytes(40)), "an entry of 496 bytes"),
        (block(0x215, struct.pack("<I", 44) + bytes(40)), "should follow and the block has"),
        (block(0x205, struct.pack("<HH", 9, 1) + bytes(40)), "unknown type 9"),
        (block(0x205, struct.pack("<HH", 1, 1024) + bytes(40)), "a name of 1024 bytes"),
        (block(0x206, bytes(9) + struct.pack("<H", 256) + bytes(300)), "256 bytes where 255 are the most"),
    ],
)
def test_damage_before_the_first_event_is_an_error(tmp_path: Path, damaged: bytes, message: str) -> None:
    path = written(tmp_path, section(), damaged)
    with pytest.raises(InputError, match=message) as caught:
        open_capture(path)
    assert str(caught.value).startswith(f"{path}, byte ")


def test_files_that_cannot_be_opened_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_capture(tmp_path / "none.scap")
    with pytest.raises(InputError, match="directory"):
        open_capture(tmp_path)


def test_every_length_of_a_metadata_block_is_survived(tmp_path: Path) -> None:
    lists = [
        block(0x215, process_entry(9, FULL_TAIL)), block(0x211, process_entry(5)),
        block(0x218, struct.pack("<Q", 10) + fd_entry(2, 3, 16, struct.pack("<I", 1) + text(b"/f"))),
        block(0x219, interface(2, 1, 4)), block(0x220, account(2, 1, struct.pack("<I", 8) + text(b"lps"))),
    ]  # fmt: skip
    for each in lists:
        for size in range(len(each) + 8):
            path = written(
                tmp_path, section(), each[:4] + struct.pack("<I", size) + each[8:], building.getuid(0)
            )
            if size != len(each):
                with pytest.raises(InputError):
                    open_capture(path)
