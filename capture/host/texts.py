"""The texts of ``/proc`` about a thread, parsed: ``status``, ``stat``, ``cgroup`` and ``fdinfo``.

What is not in a text keeps the value of an entry of which nothing is known. Source of what each
value means: ``userspace/libscap/linux/scap_procs.c`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falcolab.system.thread import NO_ID

CONTROLLERS = ("cpuset", "cpu", "cpuacct", "io", "memory")
"""The control groups that events tell of, in their order; the first version calls ``io`` ``blkio``."""


@dataclass(frozen=True, slots=True)
class Status:
    """What ``/proc/PID/status`` says of a thread: ids as seen from the host, and in its own namespace."""

    comm: bytes
    pid: int
    ptid: int
    uid: int
    gid: int
    vtid: int
    vpid: int
    vpgid: int
    vmsize: int
    vmrss: int
    vmswap: int
    cap_inheritable: int
    cap_permitted: int
    cap_effective: int


@dataclass(frozen=True, slots=True)
class Stat:
    """What ``/proc/PID/stat`` says of a thread."""

    pgid: int
    sid: int
    tty: int
    pfminor: int
    pfmajor: int


@dataclass(frozen=True, slots=True)
class FdInfo:
    """What ``/proc/PID/fdinfo/N`` says of a descriptor: flags of open as the kernel has them."""

    flags: int
    mount: int
    pid: int


def parse_status(text: bytes) -> Status:
    """The parsed ``status``."""
    lines = dict(line.split(b":", 1) for line in text.split(b"\n") if b":" in line)
    ids = {name: list(map(int, lines.get(name, b"").split())) for name in _IDS}
    pid = _first(ids[b"Tgid"], -1)
    return Status(
        comm=_unescaped(lines.get(b"Name", b"").lstrip(b"\t")),
        pid=pid,
        ptid=_first(ids[b"PPid"], -1),
        uid=_effective(ids[b"Uid"]),
        gid=_effective(ids[b"Gid"]),
        vtid=_last(ids[b"NSpid"], _first(ids[b"Pid"], -1)),
        vpid=_last(ids[b"NStgid"], pid),
        vpgid=_last(ids[b"NSpgid"], -1),
        vmsize=_kib(lines, b"VmSize"),
        vmrss=_kib(lines, b"VmRSS"),
        vmswap=_kib(lines, b"VmSwap"),
        cap_inheritable=int(lines.get(b"CapInh", b"0"), 16),
        cap_permitted=int(lines.get(b"CapPrm", b"0"), 16),
        cap_effective=int(lines.get(b"CapEff", b"0"), 16),
    )


_IDS = (b"Pid", b"Tgid", b"PPid", b"Uid", b"Gid", b"NSpid", b"NStgid", b"NSpgid")


def parse_stat(text: bytes) -> Stat:
    """The parsed ``stat``; the name in it may hold blanks and parentheses."""
    _, _, pgid, sid, tty, _, _, minor, _, major = map(_number, text[text.rindex(b")") + 2 :].split()[:10])
    return Stat(pgid, sid, tty, minor, major)


def parse_cgroup(text: bytes, unified: Sequence[bytes] = ()) -> bytes:
    """The control groups as events tell them: ``controller=path`` in the order of ``CONTROLLERS``.

    Args:
        text: of ``cgroup``.
        unified: the controllers of the second version, which are in the group that has no name.
    """
    paths: dict[bytes, bytes] = {}
    for line in text.splitlines():
        _, names, path = line.split(b":", 2)
        for name in names.split(b",") if names else unified:
            paths[b"io" if name == b"blkio" else name] = path
    wanted = [name.encode() for name in CONTROLLERS]
    return b"".join(name + b"=" + paths[name] + b"\0" for name in wanted if name in paths)


def parse_fdinfo(text: bytes) -> FdInfo:
    """The parsed ``fdinfo``."""
    lines = dict(line.split(b":", 1) for line in text.split(b"\n") if b":" in line)
    flags, mount, pid = lines.get(b"flags", b"0"), lines.get(b"mnt_id", b"0"), lines.get(b"Pid", b"0")
    return FdInfo(int(flags, 8), int(mount), int(pid))


def parse_mountinfo(text: bytes) -> dict[int, int]:
    """The number of each mount -> the device, as the kernel encodes it for programs."""
    found = {}
    for line in text.splitlines():
        mount, _, device = line.split(b" ", 3)[:3]
        major, minor = map(int, device.split(b":"))
        found[int(mount)] = (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12
    return found


def _number(text: bytes) -> int:
    return int(text) if text.lstrip(b"-").isdigit() else 0


def _first(numbers: list[int], default: int) -> int:
    return numbers[0] if numbers else default


def _last(numbers: list[int], default: int) -> int:
    return numbers[-1] if numbers else default


def _effective(numbers: list[int]) -> int:
    return numbers[1] if len(numbers) > 1 else NO_ID


def _kib(lines: dict[bytes, bytes], name: bytes) -> int:
    return int(lines[name].split()[0]) if name in lines else 0


def _unescaped(name: bytes) -> bytes:
    """A name in ``status`` has its newlines and backslashes escaped."""
    return name.replace(b"\\n", b"\n").replace(b"\\\\", b"\\")
