"""One parameter of an event as text: its value, and what Falco makes of it.

Source: ``sinsp_evt::get_param_as_str`` in ``userspace/libsinsp/event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falcolab.lang.strings import to_text
from falcolab.system.addresses import address_text, tuple_text
from falcolab.system.event_type import Param
from falcolab.system.paths import concat, directory, sanitized
from falcolab.system.values import names
from falcolab.system.values.context import Context
from falcolab.system.values.descriptors import type_letter
from falcolab.system.values.numbers import WIDTH, number_of
from falcolab.system.values.resolvers import AT_FDCWD, Text, number_text
from falcolab.system.values.strings import NOT_AVAILABLE, captured, dotted

_NULL = frozenset({"BYTEBUF", "SOCKTUPLE", "FDLIST", "CHARBUFARRAY", "CHARBUF_PAIR_ARRAY", "DYN"})
_STRINGS = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})


STATE_DEPENDENT = frozenset({"FD", "FDLIST", "DYN", "PID", "UID", "GID", "FSPATH", "FSRELPATH"})
"""The types of parameters whose text depends on the state of the machine."""


def param_text(context: Context, index: int) -> Text:
    """The parameter at a position, which the event must have."""
    param = context.event.type.params[index]
    if context.resolved is not None and param.type in STATE_DEPENDENT:
        value, _, resolved = (context.resolved[index] or "").partition("\0")
        return Text(value, resolved)
    return _text(context, param, context.event.params[index])


def plain_text(param: Param, raw: bytes) -> Text:
    """A parameter whose text does not depend on the state."""
    return _text(_NO_STATE, param, raw)


def resolved_text(context: Context, index: int) -> str | None:
    """The parameter's text for :attr:`Context.resolved`; None if it does not depend on the state."""
    if context.event.type.params[index].type not in STATE_DEPENDENT:
        return None
    return "\0".join(param_text(context, index))


def _text(context: Context, param: Param, raw: bytes) -> Text:
    if not raw and param.type not in _STRINGS:
        return Text("NULL" if param.type in _NULL else NOT_AVAILABLE)
    if param.type in WIDTH:
        number = number_of(raw, param.type)
        return Text(NOT_AVAILABLE) if number is None else number_text(context, param, number)
    return _OTHERS.get(param.type, _unknown)(context, param, raw)


def _unknown(_context: Context, _param: Param, _raw: bytes) -> Text:
    return Text("(n.a.)")


def _string(_context: Context, _param: Param, raw: bytes) -> Text:
    return Text(to_text(captured(raw)))


def _path(context: Context, param: Param, raw: bytes) -> Text:
    path = captured(raw)
    value = to_text(sanitized(path))
    if context.thread is None or not path or path.startswith(b"/") or path == NOT_AVAILABLE.encode():
        return Text(value)
    return Text(value, to_text(sanitized(concat(_base(context, param), path))))


def _base(context: Context, param: Param) -> bytes:
    """The directory that a relative path starts from."""
    dirfd = None if param.dirfd is None else context.number(param.dirfd)
    if dirfd is None or dirfd == AT_FDCWD:
        return context.cwd
    fd = context.fds.get(dirfd)
    return b"" if fd is None else directory(fd.name)


def _buffer(_context: Context, _param: Param, raw: bytes) -> Text:
    return Text(dotted(raw))


def _address(_context: Context, _param: Param, raw: bytes) -> Text:
    return Text(to_text(address_text(raw)))


def _tuple(_context: Context, _param: Param, raw: bytes) -> Text:
    return Text(to_text(tuple_text(raw)))


def fd_list(raw: bytes) -> list[tuple[int, int]]:
    """The descriptors of a poll call, each with its flags, as far as the parameter goes."""
    count = min(int.from_bytes(raw[:2], "little"), (len(raw) - 2) // 10)
    return [
        (
            int.from_bytes(raw[at : at + 8], "little", signed=True),
            int.from_bytes(raw[at + 8 : at + 10], "little", signed=True),
        )
        for at in range(2, 2 + 10 * count, 10)
    ]


def _fd_list(context: Context, _param: Param, raw: bytes) -> Text:
    known = context.fds
    letters = {fd: type_letter(known[fd]) if fd in known else "?" for fd, _ in fd_list(raw)}
    return Text(" ".join(f"{fd % 2**64}:{letters[fd]}{flags & 0xFFFFFFFF:x}" for fd, flags in fd_list(raw)))


def _dynamic(context: Context, param: Param, raw: bytes) -> Text:
    known = names.variants(param.table)
    if raw[0] >= len(known):
        return Text("INVALID DYNAMIC PARAMETER")
    type_ = known[raw[0]][0]
    if type_ == "BYTEBUF":
        return Text(dotted(raw[1:]))
    return _text(context, Param(param.name, type_, param.fmt, WIDTH.get(type_)), raw[1:])


_OTHERS: dict[str, Callable[[Context, Param, bytes], Text]] = {
    "CHARBUF": _string,
    "FSPATH": _path,
    "FSRELPATH": _path,
    "BYTEBUF": _buffer,
    "SOCKADDR": _address,
    "SOCKTUPLE": _tuple,
    "FDLIST": _fd_list,
    "DYN": _dynamic,
}

_NO_STATE: Any = None
"""The context of parameters that need none."""
