"""The state of a machine when recording began, as captures store it.

A source of events hands over one snapshot before its first event. The records hold what was
recorded; how it becomes the state of the system tables is told in ``falcolab.system.startup``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from falcolab.system.event import Event
from falcolab.system.thread import NO_ID, Descriptor


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """The machine that was recorded, which no field shows: Falco forgets it when it replays."""

    num_cpus: int
    memory_size: int
    hostname: bytes
    boot_time: int


@dataclass(slots=True)
class ProcessEntry:
    """A thread of the process list, with its descriptors; lists of strings are separated by NUL."""

    tid: int
    pid: int
    ptid: int
    sid: int = -1
    vpgid: int = -1
    pgid: int = -1
    vtid: int = -1
    vpid: int = -1
    comm: bytes = b""
    exe: bytes = b""
    exepath: bytes = b""
    args: bytes = b""
    env: bytes = b""
    cwd: bytes = b""
    root: bytes = b""
    cgroups: bytes = b""
    flags: int = 0
    uid: int = NO_ID
    gid: int = NO_ID
    loginuid: int = NO_ID
    fdlimit: int = -1
    tty: int = 0
    vmsize: int = 0
    vmrss: int = 0
    vmswap: int = 0
    pfmajor: int = 0
    pfminor: int = 0
    pidns_init_start_ts: int = 0
    exe_writable: bool = False
    exe_upper_layer: bool = False
    exe_lower_layer: bool = False
    exe_from_memfd: bool = False
    exe_ino: int = 0
    exe_ino_ctime: int = 0
    exe_ino_mtime: int = 0
    cap_inheritable: int = 0
    cap_permitted: int = 0
    cap_effective: int = 0
    fds: dict[int, Descriptor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface with an address of four or sixteen bytes."""

    name: bytes
    address: bytes
    netmask: bytes
    broadcast: bytes


@dataclass(frozen=True, slots=True)
class User:
    """A user account."""

    uid: int
    gid: int
    name: bytes
    home: bytes
    shell: bytes


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A group of users."""

    gid: int
    name: bytes


@dataclass(slots=True)
class Snapshot:
    """Everything that is known before the first event.

    Attributes:
        machine: the machine; None when not recorded.
        processes: the threads by id, in the order of the recording.
        interfaces: the network interfaces.
        users, groups: the accounts.
        listed_fds: how many descriptors the processes have.
        events: users, groups and containers that the recorder wrote as the first events. Rules never
            see them.
    """

    machine: MachineInfo | None = None
    processes: dict[int, ProcessEntry] = field(default_factory=dict)
    listed_fds: int = 0
    interfaces: list[Interface] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    groups: list[UserGroup] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
