"""Fields of the event's arguments: ``evt.arg``, ``evt.rawarg``, ``evt.buffer``, ``evt.is_open_*``.

Source: ``userspace/libsinsp/sinsp_filtercheck_event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from falcolab.fields.event_params import EVENT_PARAMS
from falcolab.fields.types import Kind
from falcolab.lang.strings import to_text
from falcolab.system.event_type import Param
from falcolab.system.paths import concat
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.event import GENERIC_EXIT, call_of
from falcolab.system.values.numbers import WIDTH, number_of, raw_text
from falcolab.system.values.params import param_text
from falcolab.system.values.resolvers import AT_FDCWD
from falcolab.system.values.strings import captured

_STRINGS = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})
_PYTHON_TYPES = {
    Kind.STRING: str,
    Kind.NUMBER: int,
    Kind.BOOL: int,
    Kind.BUFFER: bytes,
    Kind.ADDRESS: bytes,
}

_FLAGS_AT = {"open": 2, "openat": 3, "openat2": 3, "open_by_handle_at": 2}
_MODE_AT = {"open": 3, "openat": 4, "openat2": 4}
_RDONLY, _WRONLY, _CREATE, _TMPFILE, _CREATED = 1, 2, 1 << 2, 1 << 13, 1 << 14
_EXECUTABLE = 0o111

_EITHER_PATH = {
    "renameat": (("olddirfd", "oldpath"), ("newdirfd", "newpath")),
    "renameat2": (("olddirfd", "oldpath"), ("newdirfd", "newpath")),
    "linkat": (("olddir", "oldpath"), ("newdir", "newpath")),
}
"""Directory and path of both names that a call takes."""

_ONE_PATH = {
    "symlinkat": ("linkdirfd", "linkpath"),
    "openat": ("dirfd", "name"),
    "openat2": ("dirfd", "name"),
    "unlinkat": ("dirfd", "name"),
    "mkdirat": ("dirfd", "path"),
    "fchmodat": ("dirfd", "filename"),
    "fchownat": ("dirfd", "pathname"),
}
"""Directory and path of the calls that take one."""


def _position(context: Context, arg: str | None) -> int | None:
    """The position of the argument that is named or numbered."""
    text = arg or ""
    if not (text.isascii() and text.isdecimal()):
        return context.position(text)
    index = int(text)
    count = min(len(context.event.params), len(context.event.type.params))
    return index if index < count else None


def _argument(context: Context, arg: str | None) -> str | None:
    index = _position(context, arg)
    return None if index is None else param_text(context, index).short


def _arguments(context: Context, _arg: str | None) -> str:
    type_, params = context.event.type, context.event.params
    if type_.id == GENERIC_EXIT:
        return ""
    names = [param.name for param in type_.params[: len(params)]]
    return " ".join(f"{name}={param_text(context, index).full}" for index, name in enumerate(names))


def _raw(context: Context, arg: str | None) -> tuple[Param, bytes] | None:
    index = context.position(arg or "")
    return None if index is None else (context.event.type.params[index], context.event.params[index])


def _raw_argument(context: Context, arg: str | None) -> Value:
    """The argument as it was recorded; None if it was not, or is of another kind than rules expect."""
    found = _raw(context, arg)
    if found is None:
        return None
    type_, value = EVENT_PARAMS.get(arg or ""), raw_value(*found)
    return value if type_ is not None and isinstance(value, _PYTHON_TYPES[type_.kind]) else None


def _printed_raw_argument(context: Context, arg: str | None) -> Value:
    found = _raw(context, arg)
    if found is None:
        return None
    value = raw_value(*found)
    return value if isinstance(value, str | bytes) else raw_text(value or 0, found[0])


def raw_value(param: Param, raw: bytes) -> str | int | bytes | None:
    """A parameter in its own type; None for a number that was not recorded."""
    if param.type in _STRINGS:
        return to_text(captured(raw))
    return number_of(raw, param.type) if param.type in WIDTH else raw


def _buffer(context: Context, _arg: str | None) -> bytes | None:
    index = context.position("data")
    return None if index is None else context.event.params[index]


def _printed_buffer(context: Context, _arg: str | None) -> Value:
    """The data; for those of ptrace, which are no buffer, their text."""
    index = context.position("data")
    if index is None:
        return None
    is_buffer = context.event.type.params[index].type == "BYTEBUF"
    return context.event.params[index] if is_buffer else param_text(context, index).value


def _absolute_path(context: Context, arg: str | None) -> str | None:
    call = call_of(context)
    if context.thread is None:
        return None
    if call == "open_by_handle_at":
        opened = context.number(0) or 0
        return to_text(concat(b"", captured(_param(context, 3)))) if opened > 0 else None
    both = _EITHER_PATH.get(call)
    wanted = both[arg == "dst"] if both is not None else _ONE_PATH.get(call)
    return None if wanted is None else _resolved(context, *wanted)


def _param(context: Context, index: int) -> bytes:
    params = context.event.params
    return params[index] if index < len(params) else b""


def _resolved(context: Context, dirfd_name: str, path_name: str) -> str | None:
    dirfd_at, path_at = context.position(dirfd_name), context.position(path_name)
    if dirfd_at is None or path_at is None or not _param(context, path_at):
        return None
    dirfd, path = context.number(dirfd_at), captured(_param(context, path_at))
    return None if dirfd is None else to_text(concat(_directory(context, dirfd, path), path))


def _directory(context: Context, dirfd: int, path: bytes) -> bytes:
    if path.startswith(b"/"):
        return b"."
    if dirfd == AT_FDCWD:
        return context.cwd
    fd = context.fds.get(dirfd)
    return b"<UNKNOWN>/" if fd is None else fd.name + b"/"


def _open_flags(context: Context) -> int:
    at = _FLAGS_AT.get(call_of(context))
    return 0 if at is None else context.bits(at)


def _is_created(context: Context, _arg: str | None) -> bool:
    flags = _open_flags(context)
    if flags & _CREATED:
        return True
    result = context.number(0)
    return bool(flags & _TMPFILE) and result is not None and result >= 0


def _is_executable(context: Context, _arg: str | None) -> bool:
    call = call_of(context)
    if call == "creat":
        return bool(context.bits(2) & _EXECUTABLE)
    at = _MODE_AT.get(call)
    makes_file = at is not None and _open_flags(context) & (_TMPFILE | _CREATE)
    return bool(makes_file) and bool(context.bits(at or 0) & _EXECUTABLE)


_RESOLVED = Part.EVENT | Part.PROCESS | Part.TABLE | Part.THREADS | Part.USER

FIELDS: dict[str, Extractor] = {
    "evt.arg": Extractor(_argument, _RESOLVED),
    "evt.args": Extractor(_arguments, _RESOLVED),
    "evt.info": Extractor(_arguments, _RESOLVED),
    "evt.rawarg": Extractor(_raw_argument, Part.EVENT, _printed_raw_argument),
    "evt.buffer": Extractor(_buffer, Part.EVENT, _printed_buffer),
    "evt.abspath": Extractor(_absolute_path, Part.EVENT | Part.PROCESS | Part.TABLE),
    "evt.is_open_read": Extractor(lambda context, _arg: bool(_open_flags(context) & _RDONLY), Part.EVENT),
    "evt.is_open_write": Extractor(lambda context, _arg: bool(_open_flags(context) & _WRONLY), Part.EVENT),
    "evt.is_open_create": Extractor(_is_created, Part.EVENT),
    "evt.is_open_exec": Extractor(_is_executable, Part.EVENT),
}
"""The fields of arguments."""
