"""Fields of what a system call is and how it ended: category, result, direction of data.

Source: ``userspace/libsinsp/sinsp_filtercheck_event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.system.thread import Descriptor, FdType
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.descriptors import ANY_IP, FILES, IP_SERVERS, IP_SOCKETS
from falcolab.system.values.event import GENERIC_EXIT, PROCINFO, call_of, is_syscall
from falcolab.system.values.params import param_text

_OPENING = frozenset({"open", "creat", "openat", "openat2", "open_by_handle_at"})
_CONNECTING = frozenset({"connect", "accept", "accept4"})

_FILE = frozenset({*FILES, FdType.DIRECTORY})
_NET = ANY_IP
_IPC = frozenset(
    {
        FdType.FIFO,
        FdType.UNIX_SOCK,
        FdType.EVENT,
        FdType.SIGNALFD,
        FdType.INOTIFY,
        FdType.USERFAULTFD,
    }
)
_SOCKETS = ANY_IP | {FdType.UNIX_SOCK}


def category(context: Context) -> str:
    """``evt.category``; that of reads and writes is the descriptor's."""
    name, fd = context.event.type.category, context.event.fd
    if not name.startswith("IO_"):
        return "IPC" if name == "IPC" else name.lower()
    kind = None if fd is None else fd.type
    if kind in _FILE:
        return "file"
    return "net" if kind in _NET else ("ipc" if kind in _IPC else "unknown")


def result(context: Context) -> int | None:
    """``evt.rawres``: what the system call returned; None if it does not tell."""
    type_, params = context.event.type, context.event.params
    if not is_syscall(context) or not type_.is_exit or type_.id == GENERIC_EXIT:
        return None
    return context.number(0) if params and len(params[0]) in (4, 8) else None


def _result_text(context: Context) -> str | None:
    number = result(context)
    if number is None:
        return None
    return "SUCCESS" if number >= 0 else param_text(context, 0).short


def _errors(context: Context) -> int | None:
    number = result(context)
    return None if number is None else int(number < 0)


def _has_failed(context: Context) -> bool | None:
    number = result(context)
    return None if number is None else number < 0


def _error_kind(context: Context) -> str:
    """What the event's errors count as: ``file``, ``net`` or ``other``."""
    fd, call = context.event.fd, call_of(context)
    if fd is not None:
        return "file" if fd.type in _FILE else ("net" if fd.type in _SOCKETS else "other")
    return "file" if call in _OPENING else ("net" if call in _CONNECTING else "other")


def _is_memory(context: Context) -> bool:
    return context.event.type.category == "MEMORY"


def _errors_of(kind: str) -> Callable[[Context], Value]:
    return lambda context: _errors(context) if _error_kind(context) == kind else None


def _other_errors(context: Context) -> int | None:
    is_other = _error_kind(context) == "other" and not (context.event.fd is None and _is_memory(context))
    return _errors(context) if is_other else None


def _flag(*flags: str) -> Extractor:
    wanted = frozenset(flags)
    return Extractor(lambda context, _arg: not wanted.isdisjoint(context.event.type.flags), Part.EVENT)


def _direction(context: Context) -> str | None:
    flags = context.event.type.flags
    return "write" if "WRITES_TO_FD" in flags else ("read" if "READS_FROM_FD" in flags else None)


def _is_syslog(context: Context) -> bool:
    fd = context.event.fd
    return "WRITES_TO_FD" in context.event.type.flags and fd is not None and b"/dev/log" in fd.name


def _buffer_length(categories: tuple[str, ...], is_meant: Callable[[Descriptor], bool]) -> Extractor:
    def value(context: Context) -> int | None:
        event = context.event
        if event.fd is None or event.type.category not in categories or not is_meant(event.fd):
            return None
        number = result(context) if event.type.is_exit else None
        return number if number is not None and number >= 0 else None

    return Extractor(lambda context, _arg: value(context), Part.EVENT | Part.DESCRIPTOR)


_READ, _WRITE, _IO = ("IO_READ",), ("IO_WRITE",), ("IO_READ", "IO_WRITE", "IO_OTHER")


def _is_any(_fd: Descriptor) -> bool:
    return True


def _is_file(fd: Descriptor) -> bool:
    return fd.type in FILES


def _is_net(fd: Descriptor) -> bool:
    return fd.type in IP_SOCKETS or fd.type in IP_SERVERS


def _procinfo(context: Context) -> int:
    thread = context.thread
    is_main = thread is not None and thread.is_main
    return int(context.event.type.id == PROCINFO and is_main)


def _of(value: Callable[[Context], Value], depends: Part = Part.EVENT) -> Extractor:
    return Extractor(lambda context, _arg: value(context), depends)


_EVENT_AND_FD = Part.EVENT | Part.DESCRIPTOR

FIELDS: dict[str, Extractor] = {
    "evt.category": _of(category, _EVENT_AND_FD),
    "evt.rawres": _of(result),
    "evt.res": _of(_result_text),
    "evt.failed": _of(_has_failed),
    "evt.count.error": _of(_errors),
    "evt.count.error.file": _of(_errors_of("file"), _EVENT_AND_FD),
    "evt.count.error.net": _of(_errors_of("net"), _EVENT_AND_FD),
    "evt.count.error.memory": _of(lambda context: _errors(context) if _is_memory(context) else None),
    "evt.count.error.other": _of(_other_errors, _EVENT_AND_FD),
    "evt.count.procinfo": _of(_procinfo, Part.EVENT | Part.PROCESS),
    "evt.count.threadinfo": _of(lambda context: int(context.event.type.id == PROCINFO)),
    "evt.is_io": _flag("READS_FROM_FD", "WRITES_TO_FD"),
    "evt.is_io_read": _flag("READS_FROM_FD"),
    "evt.is_io_write": _flag("WRITES_TO_FD"),
    "evt.is_wait": _flag("WAITS"),
    "evt.io_dir": _of(_direction),
    "evt.is_syslog": _of(_is_syslog, _EVENT_AND_FD),
    "evt.buflen": _buffer_length(_IO, _is_any),
    "evt.buflen.in": _buffer_length(_READ, _is_any),
    "evt.buflen.out": _buffer_length(_WRITE, _is_any),
    "evt.buflen.file": _buffer_length(_IO, _is_file),
    "evt.buflen.file.in": _buffer_length(_READ, _is_file),
    "evt.buflen.file.out": _buffer_length(_WRITE, _is_file),
    "evt.buflen.net": _buffer_length(_IO, _is_net),
    "evt.buflen.net.in": _buffer_length(_READ, _is_net),
    "evt.buflen.net.out": _buffer_length(_WRITE, _is_net),
}
"""The fields of kind and result."""
