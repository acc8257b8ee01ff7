"""The texts of /proc, as kernels write them."""

from __future__ import annotations

import pytest

from capture.host.flags import open_flags
from capture.host.sockets import parse_ip, parse_netlink, parse_unix
from capture.host.texts import parse_cgroup, parse_fdinfo, parse_mountinfo, parse_stat, parse_status
from falcolab.system.thread import NO_ID, FdType

STATUS = b"""Name:\ta\\nb\\\\c (x)
Umask:\t0022
State:\tS (sleeping)
Tgid:\t812
Ngid:\t0
Pid:\t813
PPid:\t7
Uid:\t1000\t33\t1000\t33
Gid:\t1000\t44\t1000\t44
NStgid:\t812\t40\t1
NSpid:\t813\t41\t2
NSpgid:\t700\t39\t0
VmSize:\t    2920 kB
VmRSS:\t    1684 kB
VmSwap:\t      12 kB
CapInh:\t0000000000000001
CapPrm:\t000001ffffffffff
CapEff:\t0000000000000003
"""


def test_status_of_a_thread_in_nested_namespaces() -> None:
    status = parse_status(STATUS)
    assert status.comm == b"a\nb\\c (x)"
    assert (status.pid, status.ptid, status.uid, status.gid) == (812, 7, 33, 44)
    assert (status.vtid, status.vpid, status.vpgid) == (2, 1, 0)
    assert (status.vmsize, status.vmrss, status.vmswap) == (2920, 1684, 12)
    assert (status.cap_inheritable, status.cap_permitted, status.cap_effective) == (1, (1 << 41) - 1, 3)


def test_status_of_which_little_is_told() -> None:
    status = parse_status(b"Name:\tz\nTgid:\t5\nPid:\t5\n")
    assert (status.comm, status.pid, status.ptid, status.uid) == (b"z", 5, -1, NO_ID)
    assert (status.vtid, status.vpid, status.vpgid, status.vmsize) == (5, 5, -1, 0)


def test_stat_of_a_process_with_an_odd_name() -> None:
    text = b"9 (a) S 1 (b)) S 4 700 600 34816 700 4194560 162 11 3 12 0 0"
    stat = parse_stat(text)
    assert (stat.pgid, stat.sid, stat.tty, stat.pfminor, stat.pfmajor) == (700, 600, 34816, 162, 3)


@pytest.mark.parametrize(
    ("text", "unified", "expected"),
    [
        (
            b"0::/system.slice/x.service\n",
            [b"cpu", b"memory", b"pids"],
            b"cpu=/system.slice/x.service\0memory=/system.slice/x.service\0",
        ),
        (
            b"4:memory:/m\n3:cpu,cpuacct:/c:d\n2:blkio:/b\n1:name=systemd:/s\n0::/\n",
            [],
            b"cpu=/c:d\0cpuacct=/c:d\0io=/b\0memory=/m\0",
        ),
        (b"", [b"cpu"], b""),
    ],
)
def test_control_groups_of_both_versions(text: bytes, unified: list[bytes], expected: bytes) -> None:
    assert parse_cgroup(text, unified) == expected


def test_fdinfo_and_mounts() -> None:
    info = parse_fdinfo(b"pos:\t0\nflags:\t02100001\nmnt_id:\t28\nino:\t5\nPid:\t77\n")
    assert (open_flags(info.flags), info.mount, info.pid) == (2 | 1 << 11 | 1 << 12, 28, 77)
    assert parse_mountinfo(b"28 1 254:1 / / rw - ext4 /dev/vda rw\n30 28 8:300 / /x rw\n") == {
        28: 65025,
        30: 1050668,
    }


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(0, 1), (1, 2), (2, 3), (0o200000, 1 | 1 << 10 | 1 << 13), (0o4010000, 1 | 1 << 4 | 1 << 7)],
)
def test_flags_of_open(flags: int, expected: int) -> None:
    assert open_flags(flags) == expected


IPV4 = b"""  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:0 0 0 0 41 1 0
   1: 0200000A:1F90 08080808:01BB 01 00000000:00000000 00:0 0 0 0 42 1 0
"""
IPV6 = b"""  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 51 1
   1: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:D431 01 0:0 00:0 0 0 0 52 1
"""


def test_sockets_of_ipv4() -> None:
    sockets = parse_ip(IPV4, 2)
    assert sockets[41].type == FdType.IPV4_SERVSOCK
    assert sockets[41].sock[:7] == bytes([127, 0, 0, 1, 53, 0, 2])
    assert sockets[42].type == FdType.IPV4_SOCK
    assert sockets[42].sock[:13] == bytes([10, 0, 0, 2, 8, 8, 8, 8, 0x90, 0x1F, 0xBB, 1, 2])


def test_sockets_of_ipv6() -> None:
    sockets = parse_ip(IPV6, 3)
    assert sockets[51].type == FdType.IPV6_SERVSOCK
    assert sockets[51].sock[:19] == bytes(15) + bytes([1, 22, 0, 3])
    assert sockets[52].type == FdType.IPV6_SOCK
    assert sockets[52].sock[:4] == bytes.fromhex("20010db8")
    assert sockets[52].sock[31:37] == bytes([2, 22, 0, 0x31, 0xD4, 3])


def test_unix_sockets_with_and_without_a_path() -> None:
    head = b"Num RefCount Protocol Flags Type St Inode Path\n"
    text = head + b"ffff9a: 2 0 10000 0001 01 61 /run/a b\nffff9b: 2 0 0 1 3 62\n"
    sockets = parse_unix(text)
    assert (sockets[61].name, sockets[62].name) == (b"/run/a b", b"")
    assert sockets[61].sock[:8] == (0xFFFF9A).to_bytes(8, "little")


def test_sockets_of_netlink() -> None:
    text = b"sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n0 15 1 00000002 0 0 0 2 0 71\n"
    assert parse_netlink(text)[71].type == FdType.NETLINK


@pytest.mark.parametrize("parse", [parse_unix, parse_netlink, lambda text: parse_ip(text, 2)])
def test_tables_that_are_empty_or_cut_off(parse) -> None:  # type: ignore[no-untyped-def]
    assert parse(b"") == {}
    assert parse(b"heading\n") == {}
    assert parse(b"heading\n   0: 01") == {}
