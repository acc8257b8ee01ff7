"""One parameter of an event as text: its value, and what Falco makes of it.

Source: ``sinsp_evt::get_param_as_str`` in ``userspace/libsinsp/event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from falcolab.lang.strings import to_text
from falcolab.system.addresses import address_text, tuple_text
from falcolab.system.event_type import Param
from falcolab.system.paths import concat, directory, sanitized
from falcolab.system.snapshot import User, UserGroup
from falcolab.system.thread import NO_ID
from falcolab.system.values import names
from falcolab.system.values.context import Context
from falcolab.system.values.descriptors import type_letter, type_letters
from falcolab.system.values.numbers import WIDTH, argument_text, number_of, signed
from falcolab.system.values.strings import NOT_AVAILABLE, captured, dotted

AT_FDCWD = -100
"""The number that stands for the working directory instead of a directory's descriptor."""

_NULL = frozenset({"BYTEBUF", "SOCKTUPLE", "FDLIST", "CHARBUFARRAY", "CHARBUF_PAIR_ARRAY", "DYN"})
_STRINGS = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})
_SECOND = 10**9
_NO_TIME = 2**64 - 1


class Text(NamedTuple):
    """A parameter as text.

    Attributes:
        value: a number's digits, a string, a buffer.
        resolved: what it stands for, such as ``ENOENT``; empty if it stands for itself.
    """

    value: str
    resolved: str = ""

    @property
    def short(self) -> str:
        """What ``evt.arg`` shows."""
        return self.resolved or self.value

    @property
    def full(self) -> str:
        """What ``evt.args`` shows."""
        return f"{self.value}({self.resolved})" if self.resolved else self.value


STATE_DEPENDENT = frozenset({"FD", "FDLIST", "DYN", "PID", "UID", "GID", "FSPATH", "FSRELPATH"})
"""The types of parameters whose text depends on the state of the machine."""


def param_text(context: Context, index: int) -> Text:
    """The parameter at a position, which the event must have."""
    param = context.event.type.params[index]
    if context.resolved is not None and param.type in STATE_DEPENDENT:
        value, _, resolved = (context.resolved[index] or "").partition("\0")
        return Text(value, resolved)
    return _text(context, param, context.event.params[index])


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
        return (
            Text(NOT_AVAILABLE)
            if number is None
            else _NUMBERS.get(param.type, _plain)(context, param, number)
        )
    return _OTHERS.get(param.type, _unknown)(context, param, raw)


def _plain(_context: Context, param: Param, number: int) -> Text:
    return Text(argument_text(number, param))


def _unsupported(_context: Context, _param: Param, _number: int) -> Text:
    return Text("(n.a.)")


def _unknown(_context: Context, _param: Param, _raw: bytes) -> Text:
    return Text("(n.a.)")


def _error(_context: Context, _param: Param, number: int) -> Text:
    return Text(str(number), names.error_name(number) if number < 0 else "")


def _flags(_context: Context, param: Param, number: int) -> Text:
    return Text(str(number), names.flag_names(number, param.table))


def _enum(_context: Context, param: Param, number: int) -> Text:
    return Text(str(number), names.enum_names(number, param.table))


def _mode(_context: Context, param: Param, number: int) -> Text:
    return Text(argument_text(number, param), names.flag_names(number, param.table))


def _descriptor(context: Context, _param: Param, number: int) -> Text:
    if context.thread is None:
        return Text(str(number))
    if number == AT_FDCWD:
        return Text(str(number), "AT_FDCWD")
    if number < 0:
        return Text(str(number), names.error_name(number))
    fd = context.fds.get(number)
    return Text(str(number), "" if fd is None else f"<{type_letters(fd)}>{to_text(sanitized(fd.name))}")


def _process(context: Context, _param: Param, number: int) -> Text:
    thread = context.machine.threads.get(number)
    return Text(str(number), "" if thread is None else to_text(thread.comm))


def _syscall(_context: Context, _param: Param, number: int) -> Text:
    known = names.syscalls()
    return Text(str(number), known.get(number, "")) if number <= max(known) else Text("<unknown syscall>")


def _signal(_context: Context, _param: Param, number: int) -> Text:
    return Text(str(number), names.signals().get(number, ""))


def _signals(_context: Context, _param: Param, number: int) -> Text:
    known = names.signals()
    return Text(" ".join(known[bit + 1] for bit in range(32) if number >> bit & 1 and bit + 1 in known))


def _duration(_context: Context, _param: Param, number: int) -> Text:
    return Text("none") if number == _NO_TIME else Text(str(number), f"{number / _SECOND:g}s")


def _moment(_context: Context, _param: Param, number: int) -> Text:
    seconds, rest = divmod(number, _SECOND)
    return Text(f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M:%S}.{rest:09d}")


def _user(context: Context, _param: Param, number: int) -> Text:
    users = context.machine.users
    return _account(number, users.user(b"", number) if _is_on_host(context) else None)


def _group(context: Context, _param: Param, number: int) -> Text:
    users = context.machine.users
    return _account(number, users.group(b"", number) if _is_on_host(context) else None)


def _is_on_host(context: Context) -> bool:
    """Whether the host's accounts apply: those of containers are in no capture."""
    return context.thread is not None and not context.thread.container_id


def _account(number: int, account: User | UserGroup | None) -> Text:
    if number == NO_ID:
        return Text("-1", "<NONE>")
    name = to_text(sanitized(account.name)) if account is not None else ""
    return Text(str(signed(number, 32)), name or NOT_AVAILABLE)


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


_NUMBERS: dict[str, Callable[[Context, Param, int], Text]] = {
    "ERRNO": _error,
    **dict.fromkeys(("FLAGS8", "FLAGS16", "FLAGS32"), _flags),
    **dict.fromkeys(("ENUMFLAGS8", "ENUMFLAGS16", "ENUMFLAGS32"), _enum),
    "MODE": _mode,
    "FD": _descriptor,
    "PID": _process,
    "SYSCALLID": _syscall,
    "SIGTYPE": _signal,
    "SIGSET": _signals,
    "RELTIME": _duration,
    "ABSTIME": _moment,
    "UID": _user,
    "GID": _group,
    **dict.fromkeys(("FD32", "PID32", "PORT", "L4PROTO", "SOCKFAMILY", "BOOL"), _unsupported),
}
"""How numbers of a type are resolved; those that are not named stand for themselves."""

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
