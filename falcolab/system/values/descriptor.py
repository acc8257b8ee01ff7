"""Fields of what the event's descriptor points to: type, name, directory, file, device.

They are there for events that make, use or destroy a descriptor. Where such a call failed
there is no descriptor, and some of them still tell what the call named.

Source: ``userspace/libsinsp/sinsp_filtercheck_fd.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.files import base_directory
from falcolab.system.paths import concat
from falcolab.system.thread import Descriptor, FdFlag, FdType
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.descriptors import FILES, type_letter, type_name
from falcolab.system.values.event import call_of
from falcolab.system.values.numbers import signed
from falcolab.system.values.params import param_text
from falcolab.system.values.process import positive_index
from falcolab.system.values.strings import captured

_FLAGS = frozenset({"CREATES_FD", "USES_FD", "DESTROYS_FD"})
_SLASHES = re.compile("/{2,}")

_NAMED_BY_ARGUMENT = frozenset({"open", "creat", "accept", "accept4", "connect"})
"""Calls whose argument 1 names what would have been opened."""

_MADE_LETTER = {
    "openat": "f",
    "openat2": "f",
    "creat": "f",
    "socket": "4",
    "accept": "4",
    "accept4": "4",
    "pipe": "p",
    "pipe2": "p",
    "eventfd": "e",
    "eventfd2": "e",
    "signalfd": "s",
    "signalfd4": "s",
    "timerfd_create": "t",
    "inotify_init": "i",
    "inotify_init1": "i",
}
"""``fd.typechar`` of what a failed call would have made; ``o`` for all others, open included."""


def applies(context: Context) -> bool:
    """Whether the event is about a descriptor, and its thread is known."""
    return context.thread is not None and not _FLAGS.isdisjoint(context.event.type.flags)


def descriptor(context: Context) -> Descriptor | None:
    """The descriptor that the event is about."""
    return context.fd if applies(context) else None


def of_descriptor(value: Callable[[Descriptor], Value]) -> Extractor:
    """A field that the descriptor's record tells; absent without one."""

    def extract(context: Context, _arg: str | None) -> Value:
        fd = descriptor(context)
        return None if fd is None else value(fd)

    return Extractor(extract, Part.DESCRIPTOR)


def name_of(context: Context) -> str | None:
    """``fd.name``: of the descriptor, or what the failed call would have opened."""
    if not applies(context):
        return None
    fd = context.fd
    return _intended_name(context) if fd is None else to_text(fd.name)


def _intended_name(context: Context, *, is_raw: bool = False) -> str | None:
    """What a call without descriptor named; empty for those that name nothing."""
    call, params = call_of(context), context.event.params
    if not context.event.type.is_exit:
        return None
    if call in _NAMED_BY_ARGUMENT:
        return param_text(context, 1).short if len(params) > 1 else None
    if call in ("openat", "openat2"):
        return _intended_path(context, is_raw=is_raw)
    if call == "open_by_handle_at":
        return to_text(captured(params[3] if len(params) > 3 else b""))
    return ""


def _intended_path(context: Context, *, is_raw: bool) -> str | None:
    params, dirfd = context.event.params, context.number(1)
    if context.thread is None or dirfd is None or len(params) < 3 or not params[2]:
        return None
    name = captured(params[2])
    base = base_directory(context.machine, context.thread, name, dirfd)
    return to_text(name if is_raw else concat(base, name))


def _raw_name(context: Context, _arg: str | None) -> str | None:
    if not applies(context):
        return None
    fd = context.fd
    name = _intended_name(context, is_raw=True) if fd is None else to_text(fd.nameraw)
    return None if name is None else _SLASHES.sub("/", name)


def directory_of(context: Context) -> str | None:
    """``fd.directory``: a directory itself, or the one that a file is in."""
    if not applies(context):
        return None
    fd = context.fd
    if fd is None:
        name = _intended_name(context)
        return None if name is None else _parent(name)
    name = to_text(fd.name)
    if fd.type == FdType.DIRECTORY:
        return name
    return _parent(name) if fd.type in FILES else None


def _parent(name: str) -> str:
    """The name up to its last slash; as Falco has it, one that ends with a slash stays as it is."""
    at = name.rfind("/")
    if at <= 0:
        return "/"
    return name if at == len(name) - 1 else name[:at]


def _file_name(fd: Descriptor) -> str | None:
    if fd.type not in FILES:
        return None
    name = to_text(fd.name)
    at = name.rfind("/")
    if at < 0:
        return "/"
    return name if at == len(name) - 1 else name[at + 1 :]


def _letter(context: Context, _arg: str | None) -> str | None:
    if not applies(context):
        return None
    return type_letter(context.fd) if context.fd else _MADE_LETTER.get(call_of(context), "o")


def _number(context: Context, _arg: str | None) -> int | None:
    return context.thread.last_fd if applies(context) and context.thread is not None else None


def _unique(context: Context, _arg: str | None) -> str | None:
    number = _number(context, None)
    return None if number is None else f"{context.event.tid}{number}"


def _types(context: Context, arg: str | None) -> tuple[str, ...] | None:
    """The types of all descriptors of the process, if only none; or of the numbered one."""
    if not applies(context):
        return None
    number = positive_index(arg)
    if number is None:
        return tuple(dict.fromkeys(map(type_name, context.fds.values())))
    fd = context.fds.get(number)
    return None if fd is None else (type_name(fd),)


def _in_container(name: Callable[[Context], str | None]) -> Extractor:
    """The container's id, empty for the host, before a name."""

    def extract(context: Context, _arg: str | None) -> str | None:
        found = name(context)
        if found is None or context.thread is None:
            return None
        return f"{to_text(context.thread.container_id)}:{found}"

    return Extractor(extract, Part.DESCRIPTOR | Part.PROCESS)


def _is_renamed(context: Context, _arg: str | None) -> bool | None:
    event = context.event
    if descriptor(context) is None:
        return None
    return event.fd is not None and event.fd.name != event.fd_old_name


def _is_connected(fd: Descriptor) -> bool:
    return bool(fd.flags & FdFlag.CONNECTED)


def _major(fd: Descriptor) -> int:
    return (fd.dev & 0xFFF00) >> 8


def _minor(fd: Descriptor) -> int:
    return fd.dev & 0xFF | fd.dev >> 12 & 0xFFF00


FIELDS: dict[str, Extractor] = {
    "fd.num": Extractor(_number, Part.EVENT),
    "fd.uid": Extractor(_unique, Part.EVENT),
    "fd.type": of_descriptor(type_name),
    "fd.typechar": Extractor(_letter, Part.DESCRIPTOR),
    "fd.types": Extractor(_types, Part.TABLE),
    "fd.name": Extractor(lambda context, _arg: name_of(context), Part.DESCRIPTOR),
    "fd.nameraw": Extractor(_raw_name, Part.DESCRIPTOR),
    "fd.directory": Extractor(lambda context, _arg: directory_of(context), Part.DESCRIPTOR),
    "fd.filename": of_descriptor(_file_name),
    "fd.containername": _in_container(name_of),
    "fd.containerdirectory": _in_container(directory_of),
    "fd.connected": of_descriptor(_is_connected),
    "fd.name_changed": Extractor(_is_renamed, Part.DESCRIPTOR),
    "fd.dev": of_descriptor(lambda fd: signed(fd.dev, 32)),
    "fd.dev.major": of_descriptor(_major),
    "fd.dev.minor": of_descriptor(_minor),
    "fd.ino": of_descriptor(lambda fd: signed(fd.ino)),
    "fd.is_upper_layer": of_descriptor(lambda fd: bool(fd.flags & FdFlag.UPPER_LAYER)),
    "fd.is_lower_layer": of_descriptor(lambda fd: bool(fd.flags & FdFlag.LOWER_LAYER)),
}
"""The fields of the descriptor."""
