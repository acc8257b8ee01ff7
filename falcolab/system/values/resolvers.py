"""What numbers in parameters stand for: errors, flags, descriptors, processes, users, moments.

Source: ``sinsp_evt::get_param_as_str`` in ``userspace/libsinsp/event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from falcolab.lang.strings import to_text
from falcolab.system.event_type import Param
from falcolab.system.paths import sanitized
from falcolab.system.snapshot import User, UserGroup
from falcolab.system.thread import NO_ID
from falcolab.system.values import names
from falcolab.system.values.context import Context
from falcolab.system.values.descriptors import type_letters
from falcolab.system.values.numbers import argument_text, signed
from falcolab.system.values.strings import NOT_AVAILABLE

AT_FDCWD = -100
"""The number that stands for the working directory instead of a directory's descriptor."""

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


def _plain(_context: Context, param: Param, number: int) -> Text:
    return Text(argument_text(number, param))


def _unsupported(_context: Context, _param: Param, _number: int) -> Text:
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


def number_text(context: Context, param: Param, number: int) -> Text:
    """A number with what it stands for."""
    return _NUMBERS.get(param.type, _plain)(context, param, number)
