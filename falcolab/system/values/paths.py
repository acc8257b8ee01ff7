"""Fields of the paths that file system calls name: ``fs.path.*``.

They are there for calls that succeeded; for those that open files every result but -1 counts
as success, as in Falco. The source of a link is its new name. Relative paths are completed in
ways of their own, which are Falco's: most ``*at`` calls only by a directory's descriptor,
never by the working directory.

Source: ``userspace/libsinsp/sinsp_filtercheck_fspath.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.files import base_directory
from falcolab.system.paths import UNKNOWN_DIRECTORY, concat, directory
from falcolab.system.thread import FdType
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.descriptor import name_of
from falcolab.system.values.event import call_of
from falcolab.system.values.strings import captured

_NAMES = {
    **dict.fromkeys(("mkdir", "mkdirat", "rmdir", "unlink", "chown", "lchown"), "path"),
    **dict.fromkeys(("unlinkat", "open", "openat", "openat2", "umount", "umount2"), "name"),
    **dict.fromkeys(("chmod", "fchmodat"), "filename"),
    "fchownat": "pathname",
    "quotactl": "special",
}
"""The parameter that is the path of a call with one."""

_BY_DESCRIPTOR = frozenset({"fchmod", "fchown"})

_PAIRS = {
    **dict.fromkeys(("rename", "renameat", "renameat2"), ("oldpath", "newpath")),
    **dict.fromkeys(("link", "linkat"), ("newpath", "oldpath")),
    **dict.fromkeys(("symlink", "symlinkat"), ("linkpath", "target")),
    "mount": ("dev", "dir"),
}
"""The parameters that are source and target of a call with two paths."""

_OPENING = frozenset({"open", "openat", "openat2"})
_KNOWN_WHEN_OPEN = frozenset({"openat", "openat2"})
"""Calls whose relative path is taken from the descriptor that they made."""

_FROM_DIRECTORY = frozenset({"fchownat", "fchmodat", "mkdirat", "unlinkat"})

Find = Callable[[Context], bytes | None]


def _has_succeeded(context: Context) -> bool:
    result = context.number(0)
    return result != -1 if call_of(context) in _OPENING else result == 0


def _named(context: Context, name: str | None) -> bytes | None:
    index = None if name is None else context.position(name)
    return None if index is None else captured(context.event.params[index])


def _name(context: Context) -> bytes | None:
    return _named(context, _NAMES.get(call_of(context)))


def _source(context: Context) -> bytes | None:
    return _named(context, _PAIRS.get(call_of(context), (None, None))[0])


def _target(context: Context) -> bytes | None:
    return _named(context, _PAIRS.get(call_of(context), (None, None))[1])


def _name_base(context: Context, path: bytes) -> bytes:
    return _event_directory(context) if call_of(context) in _FROM_DIRECTORY else _pair_base(context, path, 1)


def _source_base(context: Context, path: bytes) -> bytes:
    return _event_directory(context) if call_of(context) == "symlinkat" else _pair_base(context, path, 1)


def _target_base(context: Context, path: bytes) -> bytes:
    return UNKNOWN_DIRECTORY if call_of(context) == "symlinkat" else _pair_base(context, path, 3)


def _opened(context: Context) -> bytes:
    return UNKNOWN_DIRECTORY if context.event.fd is None else context.event.fd.name


def _event_directory(context: Context) -> bytes:
    """The directory whose descriptor the event is about."""
    fd = context.event.fd
    return UNKNOWN_DIRECTORY if fd is None or fd.type != FdType.DIRECTORY else directory(fd.name)


def _pair_base(context: Context, path: bytes, dirfd_at: int) -> bytes:
    """The working directory, but for renameat2 the directory's descriptor."""
    dirfd = context.number(dirfd_at) if call_of(context) == "renameat2" else None
    if dirfd is None or context.thread is None:
        return context.cwd
    return base_directory(context.machine, context.thread, path, dirfd)


def _raw(find: Find) -> Extractor:
    def extract(context: Context, _arg: str | None) -> str | None:
        path = find(context) if _has_succeeded(context) else None
        return None if path is None else to_text(path)

    return Extractor(extract, Part.EVENT)


def _absolute(find: Find, base: Callable[[Context, bytes], bytes]) -> Extractor:
    def extract(context: Context, _arg: str | None) -> str | None:
        path = find(context) if _has_succeeded(context) else None
        if path is None:
            return None
        if path.startswith(b"/"):
            return to_text(concat(b"", path))
        if context.thread is None:
            return None
        if call_of(context) in _KNOWN_WHEN_OPEN:
            return to_text(concat(b"", _opened(context)))
        return to_text(concat(base(context, path), path))

    return Extractor(extract, Part.EVENT | Part.PROCESS | Part.DESCRIPTOR | Part.TABLE)


def _with_descriptor(extractor: Extractor) -> Extractor:
    """The same, and for calls that take a descriptor its name."""

    def extract(context: Context, arg: str | None) -> Value:
        if call_of(context) in _BY_DESCRIPTOR:
            return name_of(context) if _has_succeeded(context) else None
        return extractor.value(context, arg)

    return Extractor(extract, extractor.depends | Part.DESCRIPTOR)


FIELDS: dict[str, Extractor] = {
    "fs.path.name": _with_descriptor(_absolute(_name, _name_base)),
    "fs.path.nameraw": _with_descriptor(_raw(_name)),
    "fs.path.source": _absolute(_source, _source_base),
    "fs.path.sourceraw": _raw(_source),
    "fs.path.target": _absolute(_target, _target_base),
    "fs.path.targetraw": _raw(_target),
}
"""The fields of paths."""
