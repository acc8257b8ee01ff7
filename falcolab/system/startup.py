"""The tables as they are when recording begins.

Source: ``sinsp::init`` in ``userspace/libsinsp/sinsp.cpp`` and ``sinsp_threadinfo::init`` in
``threadinfo.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system import sockets
from falcolab.system.addresses import Ends, ends_text, ipv4_if_mapped
from falcolab.system.containers import place
from falcolab.system.execve import without_deleted
from falcolab.system.lineage import relate
from falcolab.system.params import strings
from falcolab.system.paths import directory
from falcolab.system.snapshot import ProcessEntry, Snapshot
from falcolab.system.thread import Descriptor, FdFlag, FdType, Thread

if TYPE_CHECKING:
    from falcolab.system.machine import Machine

# fmt: off
_COPIED = (
    "tid", "pid", "ptid", "sid", "vpgid", "pgid", "vtid", "vpid", "uid", "gid", "loginuid", "fdlimit", "tty",
    "vmsize", "vmrss", "vmswap", "pfmajor", "pfminor", "pidns_init_start_ts", "exe_writable",
    "exe_upper_layer", "exe_lower_layer", "exe_from_memfd", "exe_ino", "exe_ino_ctime", "exe_ino_mtime",
    "cap_inheritable", "cap_permitted", "cap_effective",
)
# fmt: on


def import_snapshot(machine: Machine, snapshot: Snapshot) -> None:
    """Fill the tables of a machine of which nothing is known yet."""
    for entry in snapshot.processes.values():
        thread = _thread(entry)
        machine.cgroups.assign(thread, entry.cgroups)
        place(machine, thread)
        machine.threads.put(thread)
    machine.users.take_list(snapshot.users, snapshot.groups)
    for thread in list(machine.threads.by_id.values()):
        relate(machine.threads, thread)
    _direct_sockets(list(machine.threads.by_id.values()))


def _thread(entry: ProcessEntry) -> Thread:
    thread = Thread(**{name: getattr(entry, name) for name in _COPIED})
    thread.flags |= entry.flags
    thread.comm, thread.exe, thread.root = map(_text, (entry.comm, entry.exe, entry.root))
    thread.exepath = without_deleted(_text(entry.exepath))
    thread.set_args(strings(entry.args))
    if thread.is_main:
        thread.env = strings(entry.env)
        thread.cwd = directory(_text(entry.cwd)) or b"/"
    thread.fds = {number: _completed(each) for number, each in entry.fds.items()}
    return thread


def _text(value: bytes) -> bytes:
    return value.partition(b"\0")[0]


def _completed(listed: Descriptor) -> Descriptor:
    """A descriptor of the list with its name and its role."""
    descriptor = listed.copy()
    descriptor.flags |= FdFlag.FROM_PROC
    type_ = descriptor.type
    if type_ in sockets.IP_SOCKETS:
        ends = _as_ipv4(descriptor)
        descriptor.name = ends_text(ends)
        if sockets.protocol(descriptor) == sockets.TCP:
            descriptor.flags |= FdFlag.CONNECTED
    elif type_ in (FdType.IPV4_SERVSOCK, FdType.IPV6_SERVSOCK):
        descriptor.name = sockets.server_name(descriptor)
    elif type_ == FdType.UNIX_SOCK:
        descriptor.name = _text(descriptor.name)
        descriptor.flags |= FdFlag.SERVER if descriptor.name else FdFlag.CLIENT
    else:
        descriptor.name = _text(descriptor.name)
    return descriptor


def _as_ipv4(descriptor: Descriptor) -> Ends:
    """The ends of a socket; one with mapped addresses becomes one of IPv4."""
    is_ipv4 = descriptor.type == FdType.IPV4_SOCK
    ends = sockets.stored_ends(descriptor, 4 if is_ipv4 else 16)
    ends = ipv4_if_mapped(ends.source, ends.destination)
    if not is_ipv4 and ends.is_ipv4:
        l4 = sockets.protocol(descriptor)
        descriptor.type = FdType.IPV4_SOCK
        sockets.set_ends(descriptor, ends)
        sockets.set_protocol(descriptor, l4)
    return ends


def _direct_sockets(threads: list[Thread]) -> None:
    """A socket from a port that somebody serves is that server's end, whichever way it was listed."""
    served = {
        each.sock[size : size + 2]
        for thread in threads
        for each in thread.fds.values()
        if (size := _SERVER_SIZES.get(each.type))
    }
    for thread in threads:
        for each in thread.fds.values():
            if each.type != FdType.IPV4_SOCK:
                continue
            if each.sock[8:10] in served:
                sockets.swap_ends(each)
                each.name = ends_text(sockets.stored_ends(each, 4))
                each.flags |= FdFlag.SERVER
            else:
                each.flags |= FdFlag.CLIENT


_SERVER_SIZES = {FdType.IPV4_SERVSOCK: 4, FdType.IPV6_SERVSOCK: 16}
