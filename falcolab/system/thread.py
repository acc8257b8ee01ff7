"""The records of the system tables: threads, thread groups and descriptors.

Strings are the captured bytes. Source of the initial values and of the numbers:
``userspace/libsinsp/threadinfo.h`` and ``fdinfo.h`` of falcosecurity/libs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NO_ID = 0xFFFFFFFF
"""The uid, gid or loginuid that stands for none."""


@dataclass(slots=True)
class Descriptor:
    """What an open descriptor points to.

    Attributes:
        type: Falco's number of its type; -1 before it is known.
        name: as ``fd.name``; ``nameraw`` as the program gave it.
        old_name: the name when the descriptor was last looked up.
        openflags: in Falco's encoding.
        flags: bits of the role and of where it comes from.
        dev, ino: of the file.
        pid: for pidfds, the process.
        sock: the socket's addresses, as one byte array that every type reads in its own way.
    """

    type: int = -1
    name: bytes = b""
    nameraw: bytes = b""
    old_name: bytes = b""
    openflags: int = 0
    flags: int = 0
    dev: int = 0
    ino: int = 0
    pid: int = 0
    sock: bytearray = field(default_factory=lambda: bytearray(40))


@dataclass(slots=True)
class Group:
    """The threads of a process.

    Attributes:
        pid: of the process.
        reaper: whether it takes over orphans.
        alive: how many threads live.
        threads: their ids, the main thread first.
    """

    pid: int
    reaper: bool = False
    alive: int = 1
    threads: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Thread:
    """A thread with everything that fields ask of it."""

    tid: int = -1
    pid: int = -1
    ptid: int = -1
    sid: int = -1
    vpgid: int = -1
    pgid: int = -1
    vtid: int = -1
    vpid: int = -1
    comm: bytes = b""
    exe: bytes = b""
    exepath: bytes = b""
    args: list[bytes] = field(default_factory=list)
    cmdline: bytes = b""
    env: list[bytes] = field(default_factory=list)
    cwd: bytes = b""
    root: bytes = b""
    cgroups: list[tuple[bytes, bytes]] = field(default_factory=list)
    container_id: bytes = b""
    flags: int = 1 << 17
    uid: int = NO_ID
    gid: int = NO_ID
    loginuid: int = NO_ID
    fdlimit: int = -1
    tty: int = 0
    cap_inheritable: int = 0
    cap_permitted: int = 0
    cap_effective: int = 0
    exe_writable: bool = False
    exe_upper_layer: bool = False
    exe_lower_layer: bool = False
    exe_from_memfd: bool = False
    exe_ino: int = 0
    exe_ino_ctime: int = 0
    exe_ino_mtime: int = 0
    exe_ino_ctime_duration_clone_ts: int = 0
    exe_ino_ctime_duration_pidns_start: int = 0
    vmsize: int = 0
    vmrss: int = 0
    vmswap: int = 0
    pfmajor: int = 0
    pfminor: int = 0
    clone_ts: int = 0
    lastexec_ts: int = 0
    pidns_init_start_ts: int = 0
    fds: dict[int, Descriptor] = field(default_factory=dict)
    group: Group | None = None
    children: list[int] = field(default_factory=list)
    reaper: int = 0
    last_fd: int = -1
    last_type: int = -1
