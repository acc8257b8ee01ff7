"""Events that open files and change directories.

Source: ``parse_open_openat_creat_exit`` in ``userspace/libsinsp/parsers.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system import descriptors
from falcolab.system.params import NOT_AVAILABLE, signed, succeeded, text, unsigned
from falcolab.system.paths import UNKNOWN_DIRECTORY, concat, directory, sanitized
from falcolab.system.thread import Descriptor, FdFlag, FdType, Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

AT_FDCWD = -100
"""Stands for the working directory where a directory's descriptor should be."""

O_DIRECTORY = 1 << 10
_ADDED_FLAGS = ~((1 << 14) - 1)
"""The flags that the kernel's side adds at the end of the call: created, and the overlay layer."""
UPPER_LAYER = 1 << 15
LOWER_LAYER = 1 << 16
"""Bits of the flags of calls that open files."""


def base_directory(machine: Machine, thread: Thread, name: bytes, dirfd: int) -> bytes:
    """The directory that a name is seen from: the one of the descriptor, unless the name is absolute."""
    if name.startswith(b"/"):
        return b"."
    if dirfd == AT_FDCWD:
        return machine.threads.cwd(thread)
    descriptor = machine.threads.descriptor(thread, dirfd)
    return directory(descriptor.name) if descriptor is not None else UNKNOWN_DIRECTORY


def _open(machine: Machine, event: Event, thread: Thread) -> None:
    name, flags = text(event, 1), unsigned(event, 2) or 0
    if (enter := thread.enter) is not None and (entered := text(enter, 0)) != NOT_AVAILABLE:
        name, flags = entered, (unsigned(enter, 1) or 0) | flags & _ADDED_FLAGS
    _opened(machine, event, thread, name, machine.threads.cwd(thread), flags, 4)


def _creat(machine: Machine, event: Event, thread: Thread) -> None:
    name, layers = text(event, 1), unsigned(event, 5) or 0
    flags = UPPER_LAYER if layers & 1 else LOWER_LAYER if layers & 2 else 0
    if (enter := thread.enter) is not None and (entered := text(enter, 0)) != NOT_AVAILABLE:
        name = entered
    _opened(machine, event, thread, name, machine.threads.cwd(thread), flags, 3)


def _openat(machine: Machine, event: Event, thread: Thread) -> None:
    name, flags, dirfd = text(event, 2), unsigned(event, 3) or 0, signed(event, 1)
    if (enter := thread.enter) is not None and (entered := text(enter, 1)) != NOT_AVAILABLE:
        name, flags = entered, (unsigned(enter, 2) or 0) | flags & _ADDED_FLAGS
        dirfd = signed(enter, 0)
    base = base_directory(machine, thread, name, dirfd) if dirfd is not None else b""
    _opened(machine, event, thread, name, base, flags, _DEVICE_AT[event.type.id])


def _open_by_handle(machine: Machine, event: Event, thread: Thread) -> None:
    _opened(machine, event, thread, text(event, 3), b"", unsigned(event, 2) or 0, 4)


_DEVICE_AT = {307: 5, 327: 6}


def _opened(  # noqa: PLR0913, PLR0917 - they are all that tells one way to open from another
    machine: Machine, event: Event, thread: Thread, name: bytes, base: bytes, flags: int, device_at: int
) -> None:
    """A file is open; its device stands at ``device_at`` among the parameters, its inode behind it."""
    number = signed(event, 0)
    if number is None or number < 0:
        return
    layer = FdFlag.UPPER_LAYER if flags & UPPER_LAYER else 0
    layer |= FdFlag.LOWER_LAYER if flags & LOWER_LAYER else 0
    opened = Descriptor(
        FdType.DIRECTORY if flags & O_DIRECTORY else FdType.FILE_V2,
        concat(base, name),
        nameraw=name,
        openflags=flags,
        flags=layer,
        dev=unsigned(event, device_at) or 0,
        ino=unsigned(event, device_at + 1) or 0,
    )
    descriptors.add(machine, event, thread, number, opened)


def _chdir(machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event):
        _change_directory(machine, thread, text(event, 1))


def _fchdir(machine: Machine, event: Event, thread: Thread) -> None:
    if succeeded(event) and event.fd is not None:
        _change_directory(machine, thread, event.fd.name)


def _change_directory(machine: Machine, thread: Thread, path: bytes) -> None:
    """Falco starts from the thread's own directory, which only main threads have."""
    if (main := machine.threads.main(thread)) is not None:
        main.cwd = directory(concat(thread.cwd, path)) or b"/"


def _chroot(machine: Machine, event: Event, thread: Thread) -> None:
    if signed(event, 0) == 0:
        path = text(event, 1)
        is_whole = path.startswith(b"/") or path in (b"", NOT_AVAILABLE)
        thread.root = sanitized(path) if is_whole else concat(machine.threads.cwd(thread), path)


HANDLERS = {
    3: _open,
    59: _creat,
    307: _openat,
    327: _openat,
    337: _open_by_handle,
    93: _chdir,  # getcwd: what it returns is where the process is
    95: _chdir,
    97: _fchdir,
    267: _chroot,
}
