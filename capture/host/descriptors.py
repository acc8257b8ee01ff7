"""The open descriptors of a process.

Source: ``userspace/libscap/linux/scap_fds.c`` of falcosecurity/libs.
"""

from __future__ import annotations

import os
import re
import stat

from capture.host.files import link, numbers, read_optional
from capture.host.flags import open_flags
from capture.host.sockets import Sockets, read_sockets
from capture.host.texts import parse_fdinfo, parse_mountinfo
from falcolab.system.limits import MAX_FDS
from falcolab.system.thread import Descriptor, FdType

_ANONYMOUS = {
    b"[eventfd]": FdType.EVENT,
    b"[signalfd]": FdType.SIGNALFD,
    b"[eventpoll]": FdType.EVENTPOLL,
    b"inotify": FdType.INOTIFY,
    b"[timerfd]": FdType.TIMERFD,
    b"[io_uring]": FdType.IO_URING,
    b"[userfaultfd]": FdType.USERFAULTFD,
    b"[pidfd]": FdType.PIDFD,
    b"bpf-map": FdType.BPF,
    b"bpf-prog": FdType.BPF,
    b"bpf_link": FdType.BPF,
    b"bpf_iter": FdType.BPF,
}
"""What stands behind ``anon_inode:`` -> the type."""

_ANON_INODE = b"anon_inode:"
_MEMFD = b"/memfd:"
_DELETED = b" (deleted)"
_SOCKET = re.compile(rb"socket:\[(\d+)\]")


class DescriptorScan:
    """Finds descriptors; the tables of sockets and mounts are read once for each namespace."""

    def __init__(self) -> None:
        self._sockets: dict[bytes, Sockets] = {}
        self._mounts: dict[bytes, dict[int, int]] = {}

    def of_process(self, folder: str) -> dict[int, Descriptor]:
        """The descriptors of a process, by number; ``folder`` is its own of ``/proc``."""
        found: dict[int, Descriptor] = {}
        for number in numbers(f"{folder}/fd"):
            if len(found) < MAX_FDS and (descriptor := self._descriptor(folder, number)) is not None:
                found[number] = descriptor
        return found

    def _descriptor(self, folder: str, number: int) -> Descriptor | None:
        """What one points to; None for one that is closed meanwhile, or a socket that nobody lists."""
        try:
            status = os.stat(f"{folder}/fd/{number}")
        except OSError:
            return None
        target, kind = link(folder, f"fd/{number}"), stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFSOCK:
            return self._socket(folder, target)
        if kind == stat.S_IFIFO:
            return Descriptor(type=FdType.FIFO, name=target, ino=status.st_ino)
        if kind == stat.S_IFDIR:
            return Descriptor(type=FdType.DIRECTORY, name=target, ino=status.st_ino)
        if target.startswith(_ANON_INODE):
            return _anonymous(folder, number, target.removeprefix(_ANON_INODE), status.st_ino)
        return self._file(folder, number, target, status.st_ino)

    def _file(self, folder: str, number: int, target: bytes, inode: int) -> Descriptor:
        info = parse_fdinfo(read_optional(folder, f"fdinfo/{number}"))
        flags = open_flags(info.flags)
        if target.startswith(_MEMFD):
            name = target.removeprefix(_MEMFD).removesuffix(_DELETED)
            return Descriptor(type=FdType.MEMFD, name=name, openflags=flags, ino=inode)
        device = self._mounts_of(folder).get(info.mount, 0)
        return Descriptor(type=FdType.FILE_V2, name=target, openflags=flags, dev=device, ino=inode)

    def _socket(self, folder: str, target: bytes) -> Descriptor | None:
        match = _SOCKET.fullmatch(target)
        return self._sockets_of(folder).get(int(match[1])) if match is not None else None

    def _sockets_of(self, folder: str) -> Sockets:
        space = link(folder, "ns/net")
        if space not in self._sockets:
            self._sockets[space] = read_sockets(folder)
        return self._sockets[space]

    def _mounts_of(self, folder: str) -> dict[int, int]:
        space = link(folder, "ns/mnt")
        if space not in self._mounts:
            self._mounts[space] = parse_mountinfo(read_optional(folder, "mountinfo"))
        return self._mounts[space]


def _anonymous(folder: str, number: int, kind: bytes, inode: int) -> Descriptor:
    descriptor = Descriptor(type=_ANONYMOUS.get(kind, FdType.UNSUPPORTED), ino=inode)
    if descriptor.type == FdType.PIDFD:
        descriptor.pid = parse_fdinfo(read_optional(folder, f"fdinfo/{number}")).pid
        descriptor.name = b"/proc/%d" % descriptor.pid
    return descriptor
