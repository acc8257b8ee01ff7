"""What a capture tells of the machine before the first event."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial

from falcolab.sources.scap import blocks
from falcolab.sources.scap.blocks import Body, close_body, open_body
from falcolab.sources.scap.damage import DamagedError
from falcolab.sources.scap.descriptors import read_descriptors, read_owner
from falcolab.sources.scap.processes import read_processes
from falcolab.sources.scap.stream import Stream
from falcolab.system.limits import MAX_ACCOUNTS, MAX_FDS, MAX_INTERFACES, MAX_LISTED_FDS, MAX_THREADS
from falcolab.system.snapshot import Interface, MachineInfo, Snapshot, User, UserGroup

MAX_SIZE = 2**30
"""No machine has this much to tell; it guards against lists that unpack to any size."""

_MAGIC = 0x1A2B3C4D
_MAJOR = 1
_ACCOUNT_TEXT = 255
_HEADER = struct.Struct("<IHHQ")
_MACHINE = struct.Struct("<IQQ128sQQQQ")
_INTERFACE = struct.Struct("<HH")
_KIND = struct.Struct("<B")
_USER = struct.Struct("<II")


def read_section(stream: Stream) -> Snapshot:
    """The section header and all blocks up to the first event.

    Raises:
        DamagedError: the blocks are damaged or cut off, or there is no event.
    """
    begin = stream.offset
    _read_header(stream)
    snapshot = Snapshot()
    while (code := _next_code(stream)) not in blocks.EVENTS:
        what, read = _reader(code)
        body = open_body(stream, what)
        read(body, snapshot)
        close_body(stream, body, what)
        if stream.offset - begin > MAX_SIZE:
            raise DamagedError("more than 1 GiB of lists before the first event")
    return snapshot


def _next_code(stream: Stream) -> int:
    if stream.ensure(blocks.FRAME.size):
        return int(blocks.FRAME.unpack_from(stream.data, stream.at)[0])
    if stream.at == len(stream.data) and not stream.problem:
        raise DamagedError("there are no events in it")
    raise stream.cut(blocks.FRAME.size)


def _read_header(stream: Stream) -> None:
    code, length = blocks.FRAME.unpack(stream.take(blocks.FRAME.size))
    if code != blocks.SECTION:
        raise DamagedError(f"a block of type {code:#x} where a section header should be")
    body = Body(stream, length - 12, "section header")
    magic, major, minor, _ = body.unpack(_HEADER)
    if magic != _MAGIC:
        raise DamagedError(f"the magic number is {magic:#x}, not {_MAGIC:#x}")
    if major > _MAJOR:
        raise DamagedError(f"its format is version {major}.{minor}; {_MAJOR} is the newest known")
    body.skip_rest()
    stream.take(4)  # The length once more, which Falco does not compare here.


Reader = Callable[[Body, Snapshot], None]


def _reader(code: int) -> tuple[str, Reader]:
    """What a block is called and what reads it; unknown ones are passed over."""
    if code in blocks.MACHINE:
        return "machine information", _read_machine
    for what, versions, read in _LISTS:
        if code in versions:
            return what, partial(read, versions[code])
    return f"block of type {code:#x}", _pass_over


def _pass_over(body: Body, snapshot: Snapshot) -> None:  # noqa: ARG001 - it is a Reader
    body.skip_rest()


def _read_machine(body: Body, snapshot: Snapshot) -> None:
    num_cpus, memory, _, hostname, boot_time, *_ = _MACHINE.unpack(body.take(_MACHINE.size))
    snapshot.machine = MachineInfo(num_cpus, memory, hostname.partition(b"\0")[0], boot_time)


def _read_processes(version: int, body: Body, snapshot: Snapshot) -> None:
    for entry in read_processes(body, version):
        if len(snapshot.processes) < MAX_THREADS:
            snapshot.processes[entry.tid] = entry


def _read_descriptors(version: int, body: Body, snapshot: Snapshot) -> None:
    owner = snapshot.processes.get(read_owner(body))
    for number, descriptor in read_descriptors(body, version):
        if owner is None or snapshot.listed_fds >= MAX_LISTED_FDS:
            continue
        if number in owner.fds or len(owner.fds) < MAX_FDS:
            owner.fds[number] = descriptor
            snapshot.listed_fds += 1


def _read_interfaces(version: int, body: Body, snapshot: Snapshot) -> None:
    snapshot.interfaces = []
    for interface in _interfaces(body, version):
        if len(snapshot.interfaces) < MAX_INTERFACES:
            snapshot.interfaces.append(interface)


def _interfaces(body: Body, version: int) -> Iterator[Interface]:
    while body.left >= 4:
        part = body.entry(body.u32()) if version > 1 else body
        type_, name_size = part.unpack(_INTERFACE)
        if type_ not in (1, 2, 3, 4):
            raise DamagedError(f"interface list: unknown type {type_}")
        if name_size >= 1024:
            raise DamagedError(f"interface list: a name of {name_size} bytes")
        size = 4 if type_ in (1, 3) else 16
        addresses = [part.take(size) for _ in range(3)]
        part.take(8 if type_ in (1, 2) else 0)  # The speed of the link.
        yield Interface(part.take(name_size), *addresses)
        if version > 1:
            part.skip_rest()


def _read_users(version: int, body: Body, snapshot: Snapshot) -> None:
    snapshot.users, snapshot.groups = [], []
    while body.left >= 4:
        if version == 1:
            _read_account(body, snapshot)
            continue
        size = body.u32()
        part = body.entry(size - 4) if size >= 4 else body.entry(body.left + 1)
        _read_account(part, snapshot)
        part.skip_rest()


def _read_account(body: Body, snapshot: Snapshot) -> None:
    if body.unpack(_KIND)[0] == 0:
        uid, gid = body.unpack(_USER)
        name, home, shell = (body.text(_ACCOUNT_TEXT) for _ in range(3))
        if len(snapshot.users) < MAX_ACCOUNTS:
            snapshot.users.append(User(uid, gid, name, home, shell))
    else:
        group = UserGroup(body.u32(), body.text(_ACCOUNT_TEXT))
        if len(snapshot.groups) < MAX_ACCOUNTS:
            snapshot.groups.append(group)


_LISTS = (
    ("process list", blocks.PROCESSES, _read_processes),
    ("descriptor list", blocks.DESCRIPTORS, _read_descriptors),
    ("interface list", blocks.INTERFACES, _read_interfaces),
    ("user list", blocks.USERS, _read_users),
)
"""What each kind of list is called, its codes with their versions, and what reads it."""
