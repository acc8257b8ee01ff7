"""Where the lake has the value of a field: a column, something to compute, or a constant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from falcolab.fields.audit_values import READINGS, Path, extract, pointer_keys
from falcolab.fields.rawjson import Json
from falcolab.lake.audit_event import assemble, own_text
from falcolab.lake.reader import TextReader
from falcolab.lake.schema import (
    DIMENSION_OF_PART,
    DIMENSIONS,
    EVENTS,
    IDENTIFIED,
    OWN_COLUMNS,
    TABLE_OF_FIELD,
    part_column,
)
from falcolab.lang.strings import to_bytes
from falcolab.lang.typed import FieldValue

CONSTANT = ""
"""The table of values that are the same for all events."""

ACROSS = "*"
"""The table of values that need several tables; they are computed from whole events."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a field's value is.

    Attributes:
        table: a table of the lake, ``CONSTANT`` or ``ACROSS``.
        columns: the columns of the table that are needed.
        compute: from the values of ``columns`` to the field's; None when the one column is it.
    """

    table: str
    columns: tuple[str, ...] = ()
    compute: Callable[..., Any] | None = None


def bind(value: FieldValue) -> Binding:
    """The binding of an audit field value."""
    name = value.field.name
    if name in TABLE_OF_FIELD and value.arg is None:
        return Binding(TABLE_OF_FIELD[name].name, (name,))
    if name == "ka.auditid":
        return Binding(EVENTS, ("ka.auditid",))
    if name in _FROM_TIME:
        return Binding(EVENTS, _FROM_TIME[name][0], _FROM_TIME[name][1])
    if name in _CONSTANTS:
        constant = _CONSTANTS[name]
        return Binding(CONSTANT, (), lambda: constant)
    if name in ("json.value", "jevt.value"):
        return _pointer_binding(value)
    if name == "ka.req.binding.subject.has_name":
        return Binding(EVENTS, ("ka.auditid",), lambda audit_id: None if audit_id is None else "true")
    if name in ("json.obj", "jevt.obj", "evt.plugininfo"):
        return _whole_binding(name)
    return _part_binding(value, READINGS[name].path[0])


def _part_binding(value: FieldValue, part: str) -> Binding:
    """A field with an argument, computed from the text of the part that it reads."""
    name, arg = value.field.name, value.arg
    needs_id = name.startswith("ka.")

    def compute(identified: bool, raw: str | None) -> Any:  # noqa: FBT001  # a column's value
        if raw is None or (needs_id and not identified):
            return None
        return extract(name, arg, Json.of_parts({part: to_bytes(raw)}))

    return Binding(DIMENSION_OF_PART[part].name, (IDENTIFIED, part_column(part)), compute)


def _pointer_binding(value: FieldValue) -> Binding:
    name, arg = value.field.name, value.arg or ""
    part, *below = pointer_keys(arg)
    if part in DIMENSION_OF_PART:
        return (
            _text_binding(part, tuple(below)) if below and _are_plain(below) else _part_binding(value, part)
        )
    if part in OWN_COLUMNS:
        return Binding(
            EVENTS, ("json_rest", OWN_COLUMNS[part]), lambda rest, own: _own(value, part, rest, own)
        )
    return Binding(EVENTS, ("json_rest",), lambda rest: extract(name, arg, Json(to_bytes(rest))))


def _are_plain(keys: Sequence[str]) -> bool:
    return not any(char in '"\\' or char < " " for key in keys for char in key)


def _text_binding(part: str, path: Path) -> Binding:
    """The text at a path within a part."""
    reader = TextReader([path])

    def compute(raw: str | None) -> str | None:
        return None if raw is None else reader.read(to_bytes(raw))[0]

    return Binding(DIMENSION_OF_PART[part].name, (part_column(part),), compute)


def _own(value: FieldValue, part: str, rest: str, own: str | int | None) -> Any:
    """A pointer into a member that a column of events tells, or else ``json_rest``."""
    event = Json(to_bytes(rest))
    if own is not None and event.get(part) is None:
        event = Json.of_parts({part: own_text(own)})
    return extract(value.field.name, value.arg, event)


def _whole_binding(name: str) -> Binding:
    own = ("json_rest", *OWN_COLUMNS.values())
    columns = (*own, *(part_column(part) for d in DIMENSIONS for part in d.parts))

    def compute(*values: Any) -> Any:
        event = assemble(dict(zip(columns, values, strict=True)))
        return event.text() if name == "evt.plugininfo" else extract(name, None, event)

    return Binding(ACROSS, columns, compute)


def _local(nanoseconds: int, layout: str, *, fraction: bool) -> str:
    """A moment in local time, as Falco prints it."""
    seconds, rest = divmod(nanoseconds, 10**9)
    text = datetime.fromtimestamp(seconds, UTC).astimezone().strftime(layout)
    return f"{text}.{rest:09d}" if fraction else text


def clock(nanoseconds: int) -> str:
    """``evt.time``: the local time of day with nanoseconds."""
    return _local(nanoseconds, "%H:%M:%S", fraction=True)


def iso8601(nanoseconds: int) -> str:
    """A moment in UTC with nanoseconds, without zone."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}"


_SECOND = 10**9
_FROM_TIME: dict[str, tuple[tuple[str, ...], Callable[..., Any] | None]] = {
    "evt.num": (("num",), None),
    "evt.time": (("time",), clock),
    "evt.time.s": (("time",), lambda t: _local(t, "%H:%M:%S", fraction=False)),
    "evt.time.iso8601": (("time",), lambda t: iso8601(t) + "+0000"),
    "evt.datetime": (("time",), lambda t: _local(t, "%Y-%m-%d %H:%M:%S", fraction=True)),
    "evt.datetime.s": (("time",), lambda t: _local(t, "%Y-%m-%d %H:%M:%S", fraction=False)),
    "evt.rawtime": (("time",), None),
    "evt.rawtime.s": (("time",), lambda t: t // _SECOND),
    "evt.rawtime.ns": (("time",), lambda t: t % _SECOND),
    "evt.reltime": (("reltime",), None),
    "evt.reltime.s": (("reltime",), lambda t: t // _SECOND),
    "evt.reltime.ns": (("reltime",), lambda t: t % _SECOND),
    "json.rawtime": (("time",), str),
    "jevt.rawtime": (("time",), str),
}

ALWAYS = frozenset(_FROM_TIME)
"""Fields that every event has."""

RAW_TIMES = frozenset({"evt.rawtime", "json.rawtime", "jevt.rawtime"})
"""Fields that are the event's time, as a number or as its text."""

_CONSTANTS: dict[str, Any] = {
    "evt.pluginname": "k8saudit",
    "evt.source": "k8s_audit",
    "evt.is_async": False,
    "evt.asynctype": None,
    "evt.hostname": "",
}
