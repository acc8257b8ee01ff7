"""One thread as ``/proc`` shows it.

Source: ``userspace/libscap/linux/scap_procs.c`` of falcosecurity/libs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from capture.host.files import link, read, read_optional
from capture.host.texts import parse_cgroup, parse_stat, parse_status
from falcolab.system.snapshot import ProcessEntry
from falcolab.system.thread import NO_ID, ThreadFlag

_TEXT = 4096
_PATH = 1024
_FLAGS = ThreadFlag.NAME_CHANGED | ThreadFlag.ACTIVE
_OF_THREAD = 1 << 13 | ThreadFlag.CLONE_FILES
"""``CLONE_THREAD`` and ``CLONE_FILES``: what makes it a thread of a process."""

_OPEN_FILES = b"Max open files"
_CAP_DAC_OVERRIDE, _CAP_FOWNER = 1, 3


def read_thread(folder: str, tid: int, unified: Sequence[bytes]) -> ProcessEntry | None:
    """The thread, without its descriptors; None for a thread of the kernel.

    Args:
        folder: of the thread, below ``/proc``.
        tid: its id.
        unified: the controllers of the second version of control groups.

    Raises:
        GoneError: the thread has ended.
    """
    exepath, command = link(folder, "exe"), read(folder, "cmdline", _TEXT)
    if not exepath and not command:
        return None
    status, numbers = parse_status(read(folder, "status")), parse_stat(read(folder, "stat"))
    exe, _, args = command.partition(b"\0")
    entry = ProcessEntry(
        tid=tid,
        pid=status.pid,
        ptid=status.ptid,
        sid=numbers.sid,
        vpgid=status.vpgid,
        pgid=numbers.pgid,
        vtid=status.vtid,
        vpid=status.vpid,
        comm=status.comm,
        exe=exe,
        exepath=exepath[:_PATH],
        args=args,
        env=read_optional(folder, "environ", _TEXT),
        cwd=link(folder, "cwd")[:_PATH],
        root=link(folder, "root")[:_PATH],
        cgroups=parse_cgroup(read_optional(folder, "cgroup"), unified),
        flags=_FLAGS if tid == status.pid else _FLAGS | _OF_THREAD,
        uid=status.uid,
        gid=status.gid,
        loginuid=_login_uid(folder),
        fdlimit=_fd_limit(folder),
        tty=numbers.tty,
        vmsize=status.vmsize,
        vmrss=status.vmrss,
        vmswap=status.vmswap,
        pfmajor=numbers.pfmajor,
        pfminor=numbers.pfminor,
        pidns_init_start_ts=_namespace_start(folder),
        cap_inheritable=status.cap_inheritable,
        cap_permitted=status.cap_permitted,
        cap_effective=status.cap_effective,
    )
    _describe_program(entry, folder)
    return entry


def _login_uid(folder: str) -> int:
    text = read_optional(folder, "loginuid")
    return int(text) if text else NO_ID


def _fd_limit(folder: str) -> int:
    """From the text, for the call that tells it of another user's thread needs CAP_SYS_RESOURCE."""
    soft = read_optional(folder, "limits").partition(_OPEN_FILES)[2].split()[:1]
    return int(soft[0]) if soft and soft[0].isdigit() else -1


def _namespace_start(folder: str) -> int:
    """When the first process of its pid namespace came up (ns since 1970); 0 if that cannot be seen."""
    try:
        return os.stat(f"{folder}/root/proc/1/cmdline").st_ctime_ns
    except OSError:
        return 0


def _describe_program(entry: ProcessEntry, folder: str) -> None:
    """The facts of the program's file, which stay unknown if the file cannot be reached."""
    try:
        status = os.stat(f"{folder}/exe")
        is_read_only = bool(os.statvfs(f"{folder}/exe").f_flag & os.ST_RDONLY)
    except OSError:
        return
    entry.exe_ino = status.st_ino
    entry.exe_ino_ctime, entry.exe_ino_mtime = status.st_ctime_ns, status.st_mtime_ns
    entry.exe_from_memfd = entry.exepath.startswith(b"/memfd:")
    entry.exe_writable = not is_read_only and is_writable(status, entry)


def is_writable(status: os.stat_result, entry: ProcessEntry) -> bool:
    """Whether a process may change a file, as far as owner, mode and capabilities tell."""
    if status.st_uid == entry.uid:
        return True
    shift = 3 if status.st_gid == entry.gid else 0
    if stat.S_IMODE(status.st_mode) >> shift & stat.S_IWOTH:
        return True
    return bool(entry.cap_effective & (1 << _CAP_DAC_OVERRIDE | 1 << _CAP_FOWNER))
