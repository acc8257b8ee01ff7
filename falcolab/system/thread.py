"""The records of the system tables: threads, thread groups and descriptors.

Strings are the captured bytes. Source of the initial values and of the numbers:
``userspace/libsinsp/threadinfo.h`` and ``fdinfo.h`` of falcosecurity/libs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcolab.system.event import Event

NO_ID = 0xFFFFFFFF
"""The uid, gid or loginuid that stands for none."""

SOCK_SIZE = 40
NO_SOCK = bytes(SOCK_SIZE)


class FdType:
    """Falco's numbers for what a descriptor points to."""

    UNINITIALIZED = -1
    UNKNOWN = 0
    FILE = 1
    DIRECTORY = 2
    IPV4_SOCK = 3
    UNIX_SOCK = 8
    IPV4_SERVSOCK = 5
    IPV6_SOCK = 4
    IPV6_SERVSOCK = 6
    FIFO = 7
    EVENT = 9
    UNSUPPORTED = 10
    SIGNALFD = 11
    EVENTPOLL = 12
    INOTIFY = 13
    TIMERFD = 14
    NETLINK = 15
    FILE_V2 = 16
    BPF = 17
    USERFAULTFD = 18
    IO_URING = 19
    MEMFD = 20
    PIDFD = 21


class FdFlag:
    """Bits of ``Descriptor.flags``."""

    FROM_PROC = 1
    CLIENT = 4
    SERVER = 8
    CONNECTED = 1 << 13
    UPPER_LAYER = 1 << 17
    LOWER_LAYER = 1 << 18

    ROLE = CLIENT | SERVER


class ThreadFlag:
    """Bits of ``Thread.flags``: those of clone in Falco's encoding, and marks of the tables."""

    CLONE_FILES = 1
    CLONE_NEWPID = 1 << 6
    CLONE_PARENT = 1 << 8
    CLONE_THREAD = 1 << 13
    CLONE_INVERTED = 1 << 16
    NAME_CHANGED = 1 << 17
    CLOSED = 1 << 18
    ACTIVE = 1 << 19
    CLONE_NEWUSER = 1 << 20
    PIPE_SRC = 1 << 21
    PIPE_DST = 1 << 22
    CLONE_VFORK = 1 << 27
    CHILD_IN_PIDNS = 1 << 29
    IS_MAIN_THREAD = 1 << 30


@dataclass(slots=True)
class Descriptor:
    """What an open descriptor points to.

    Tables share these records, so one that stands in a table is never changed: a change puts
    another record in its place.

    Attributes:
        type: one of ``FdType``; -1 before it is known.
        name: as ``fd.name``; ``nameraw`` as the program gave it.
        openflags: in Falco's encoding.
        flags: bits of ``FdFlag``.
        dev, ino: of the file.
        pid: for pidfds, the process.
        sock: the socket's addresses, as one array of bytes that every type reads in its own way, for
            in Falco it is a union. ipv4: source at 0, destination 4, source port 8, destination port 10,
            protocol 12. ipv4 server: address 0, port 4, protocol 6. ipv6: 0, 16, 32, 34, 36. ipv6 server:
            0, 16, 18. unix: source 0, destination 8 (eight bytes each).
    """

    type: int = -1
    name: bytes = b""
    nameraw: bytes = b""
    openflags: int = 0
    flags: int = 0
    dev: int = 0
    ino: int = 0
    pid: int = 0
    sock: bytes = NO_SOCK

    def copy(self) -> Descriptor:
        """Another record with the same values, to be changed before it goes into a table."""
        return Descriptor(
            self.type,
            self.name,
            self.nameraw,
            self.openflags,
            self.flags,
            self.dev,
            self.ino,
            self.pid,
            self.sock,
        )


def sock_bytes(known: bytes) -> bytes:
    """``Descriptor.sock`` from its first bytes."""
    return known.ljust(SOCK_SIZE, b"\0")


@dataclass(slots=True, eq=False)
class Group:
    """The threads of a process.

    Attributes:
        pid: of the process.
        reaper: whether it takes over orphans.
        alive: how many threads live.
        main: the main thread, if it is in the table.
        others: the other threads in the table, by id, in order of their appearance.
    """

    pid: int
    reaper: bool = False
    alive: int = 0
    main: Thread | None = None
    others: dict[int, Thread] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Thread:
    """A thread with everything that fields ask of it.

    Lists are shared between threads and never changed in place. ``cmdline`` is empty until the
    arguments are known; ``command_line`` is what ``proc.cmdline`` shows.
    """

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
    flags: int = ThreadFlag.NAME_CHANGED
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
    group: Group | None = field(default=None, repr=False)
    children: dict[int, Thread] = field(default_factory=dict, repr=False)
    reaper: int = 0
    last_fd: int = -1
    last_type: int = -1
    enter: Event | None = field(default=None, repr=False)

    @property
    def is_invalid(self) -> bool:
        """Whether it is a placeholder for a thread of which nothing was recorded."""
        return self.tid < 0 or self.pid < 0 or self.ptid < 0

    @property
    def is_main(self) -> bool:
        """Whether it is the main thread of its process."""
        return self.tid == self.pid or bool(self.flags & ThreadFlag.IS_MAIN_THREAD)

    @property
    def is_dead(self) -> bool:
        """Whether it has exited."""
        return bool(self.flags & ThreadFlag.CLOSED)

    @property
    def in_pidns(self) -> bool:
        """Whether it lives in a pid namespace of its own."""
        return bool(self.flags & ThreadFlag.CHILD_IN_PIDNS) or (self.tid != self.vtid and self.vtid >= 0)

    @property
    def command_line(self) -> bytes:
        """The name and the arguments; the name is that of the time when the arguments were set."""
        return self.cmdline or b" ".join([self.comm, *self.args])

    def set_args(self, args: list[bytes]) -> None:
        """Set the arguments, and with them the command line if the name is known."""
        self.args = args
        self.cmdline = b" ".join([self.comm, *args]) if self.comm else b""
