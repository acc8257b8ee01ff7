"""Fields of the event itself: number, times, type, category, direction, result.

Source: ``sinsp_filtercheck_gen_event.cpp`` and ``sinsp_filtercheck_event.cpp`` of
``userspace/libsinsp`` in falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.tables import event_types
from falcolab.system.values import names
from falcolab.system.values.clock import date, iso8601, time_of_day
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.numbers import signed
from falcolab.system.values.strings import captured

GENERIC_EXIT = 1
ASYNC_EVENT = 402
PROCINFO = 234
_SECOND = 10**9


def _of_event(value: Callable[[Context], Value], depends: Part = Part.EVENT) -> Extractor:
    return Extractor(lambda context, _arg: value(context), depends)


def _constant(value: Value) -> Extractor:
    return Extractor(lambda _context, _arg: value, Part.NONE)


def _timed(value: Callable[[int], Value]) -> Extractor:
    return Extractor(lambda context, _arg: value(context.event.time), Part.EVENT)


def _since_start(context: Context) -> int:
    return (context.event.time - context.machine.first_time) % 2**64


def event_name(context: Context) -> str:
    """``evt.type``: for system calls that Falco does not decode, the name of the call."""
    type_ = context.event.type
    if type_.id == ASYNC_EVENT:
        return _async_name(context)
    return _generic_name(context) if type_.id == GENERIC_EXIT else type_.name


def _async_name(context: Context) -> str:
    params = context.event.params
    return to_text(captured(params[1] if len(params) > 1 else b""))


def _generic_name(context: Context) -> str:
    number = context.bits(0)
    if number == 0 and len(context.event.params) > 1 and context.event.params[1]:
        return names.native_syscalls().get(context.bits(1), "unknown")
    return names.syscalls().get(number, "")


def is_syscall(context: Context) -> bool:
    """Whether the event tells of a system call."""
    return context.event.type.event_category == "SYSCALL"


def call_of(context: Context) -> str:
    """The decoded system call whose end the event tells; empty for all other events."""
    type_ = context.event.type
    return type_.name if type_.is_exit and type_.id != GENERIC_EXIT else ""


def _syscall_type(context: Context) -> str | None:
    return event_name(context) if is_syscall(context) else None


def _is_meta(context: Context) -> bool:
    return context.event.type.event_category == "METAEVENT"


def _async_type(context: Context) -> str | None:
    return event_name(context) if _is_meta(context) else None


def _type_is(context: Context, arg: str | None) -> int:
    """Whether the type is the named one: the first type of that name or the one after it."""
    type_id, wanted = context.event.type.id, arg or ""
    if wanted.isascii() and wanted.isdecimal():
        return int(type_id == int(wanted))
    first = next((type_.id for type_ in event_types() if type_.name == wanted), None)
    return int(first is not None and type_id in (first, first + 1))


def _around(context: Context, arg: str | None) -> int | None:
    """How far the event is from a moment, ns."""
    text = arg or ""
    return abs(context.event.time - int(text)) if text.isascii() and text.isdecimal() else None


FIELDS: dict[str, Extractor] = {
    "evt.num": _of_event(lambda context: context.event.num),
    "evt.time": _timed(time_of_day),
    "evt.time.s": _timed(lambda time: time_of_day(time, fraction=False)),
    "evt.time.iso8601": _timed(iso8601),
    "evt.datetime": _timed(date),
    "evt.datetime.s": _timed(lambda time: date(time, fraction=False)),
    "evt.outputtime": _timed(time_of_day),
    "evt.rawtime": _timed(lambda time: time),
    "evt.rawtime.s": _timed(lambda time: time // _SECOND),
    "evt.rawtime.ns": _timed(lambda time: time % _SECOND),
    "evt.reltime": _of_event(_since_start),
    "evt.reltime.s": _of_event(lambda context: _since_start(context) // _SECOND),
    "evt.reltime.ns": _of_event(lambda context: _since_start(context) % _SECOND),
    "evt.around": Extractor(_around, Part.EVENT),
    "evt.pluginname": _constant(None),
    "evt.plugininfo": _constant(None),
    "evt.source": _constant("syscall"),
    "evt.hostname": _constant(""),
    "evt.is_async": _of_event(_is_meta),
    "evt.asynctype": _of_event(_async_type),
    "evt.type": _of_event(event_name),
    "evt.type.is": Extractor(_type_is, Part.EVENT),
    "syscall.type": _of_event(_syscall_type),
    "evt.dir": _of_event(lambda context: "<" if context.event.type.is_exit else ">"),
    "evt.cpu": _of_event(lambda context: signed(context.event.cpu, 16)),
    "evt.count": _constant(1),
    "evt.count.exit": _of_event(lambda context: 1 if context.event.type.is_exit else None),
}
"""The fields that every event has."""
