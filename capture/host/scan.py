"""The machine as it is now, in the form in which captures store it.

Attach the probe first and take its records only after the scan: what changes meanwhile is then
told by events, and whatever both tell is the same. A thread that ends during the scan may still be
in the snapshot; its last event follows and takes it out.
"""

from __future__ import annotations

import grp
import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

from capture.host.descriptors import DescriptorScan
from capture.host.files import PROC, GoneError, numbers
from capture.host.interfaces import read_interfaces
from capture.host.process import read_thread
from falcolab.system.limits import MAX_LISTED_FDS, MAX_THREADS
from falcolab.system.snapshot import MachineInfo, ProcessEntry, Snapshot, User, UserGroup

_NS = 10**9
_UNIFIED_ROOTS = (
    Path("/sys/fs/cgroup/cgroup.controllers"),
    Path("/sys/fs/cgroup/unified/cgroup.controllers"),
)


def scan(proc: Path = PROC) -> Snapshot:
    """Everything that is known of the machine without events.

    Args:
        proc: where the host's ``/proc`` is mounted.

    Raises:
        OSError: it cannot be read at all, or the interfaces cannot be listed.
    """
    snapshot = Snapshot(machine=machine(proc), interfaces=read_interfaces(), users=users(), groups=groups())
    for entry in threads(proc):
        if len(snapshot.processes) >= MAX_THREADS:
            break
        if snapshot.listed_fds + len(entry.fds) > MAX_LISTED_FDS:
            entry.fds = {}
        snapshot.processes[entry.tid] = entry
        snapshot.listed_fds += len(entry.fds)
    return snapshot


def threads(proc: Path = PROC) -> Iterator[ProcessEntry]:
    """Every thread that is alive, main threads first, with the descriptors of its process."""
    descriptors, unified = DescriptorScan(), unified_controllers()
    for pid in numbers(str(proc)):
        for tid in sorted(numbers(f"{proc}/{pid}/task"), key=lambda tid: (tid != pid, tid)):
            entry = thread(proc, pid, tid, descriptors, unified)
            if entry is not None:
                yield entry


def thread(
    proc: Path, pid: int, tid: int, descriptors: DescriptorScan, unified: list[bytes]
) -> ProcessEntry | None:
    """One thread; None if it has ended or belongs to the kernel. Only main threads have descriptors."""
    folder = f"{proc}/{pid}" if tid == pid else f"{proc}/{pid}/task/{tid}"
    try:
        entry = read_thread(folder, tid, unified)
    except GoneError:
        return None
    if entry is not None and tid == pid:
        entry.fds = descriptors.of_process(folder)
    return entry


def unified_controllers() -> list[bytes]:
    """The controllers of the second version of control groups; none where only the first is used."""
    for path in _UNIFIED_ROOTS:
        if path.exists():
            return path.read_bytes().split()
    return []


def machine(proc: Path = PROC) -> MachineInfo:
    """What is known of the machine itself; the time when it was booted is in whole seconds."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    processors = os.sysconf("SC_NPROCESSORS_ONLN")
    return MachineInfo(processors, memory, os.fsencode(socket.gethostname()), _boot_time(proc))


def _boot_time(proc: Path) -> int:
    lines = (proc / "stat").read_bytes().splitlines()
    return next(int(line.split()[1]) * _NS for line in lines if line.startswith(b"btime "))


def users() -> list[User]:
    """The accounts of the host."""
    return [
        User(each.pw_uid, each.pw_gid, *map(os.fsencode, (each.pw_name, each.pw_dir, each.pw_shell)))
        for each in pwd.getpwall()
    ]


def groups() -> list[UserGroup]:
    """The groups of the host."""
    return [UserGroup(each.gr_gid, os.fsencode(each.gr_name)) for each in grp.getgrall()]
