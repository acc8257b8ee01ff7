"""Values as alerts show them: in JSON and in text.

Source: ``rawval_to_json`` and ``rawval_to_string`` in ``userspace/libsinsp/sinsp_filtercheck.cpp``
of falcosecurity/libs. The five fields of local time are the exception: Falco shows them as
nanoseconds in JSON, which their value does not tell; ``IN_NANOSECONDS`` names them.
"""

from __future__ import annotations

from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.types import Kind
from falcolab.lang.strings import printable, to_bytes, to_text
from falcolab.lang.typed import FieldValue
from falcolab.system.addresses import ip_text
from falcolab.system.values.context import Value
from falcolab.system.values.numbers import hexadecimal
from falcolab.system.values.strings import NOT_AVAILABLE, dotted, sanitized_text

IN_NANOSECONDS = frozenset({"evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s"})
"""Fields that JSON shows as the event's time in nanoseconds."""

_PADDED = frozenset({"evt.rawtime.ns", "evt.reltime.ns", "evt.deltatime.ns", "evt.latency.ns"})
"""Fields whose text has nine digits at least."""

_HEXADECIMAL = frozenset({"fd.dev"})
_UNPRINTED = frozenset({"evt.type.is"})
"""Numbers for which Falco has no print format."""

BUFFER_LIMIT = 1022
"""Falco prints buffers into 1024 bytes; of one that does not fit it shows the first 1021."""

LIST_LIMIT = 1023
"""Falco prints lists into 1024 bytes and cuts what does not fit, the closing parenthesis included."""


def to_json(field: FieldValue, value: Value, time: int = 0) -> Any:
    """A value in Falco's alert JSON.

    Args:
        field: whose value it is.
        value: what the field shows.
        time: of the event, for the fields ``IN_NANOSECONDS``.
    """
    name = field.field.name
    if value is None or name in _UNPRINTED:
        return None
    if name in IN_NANOSECONDS:
        return time
    if isinstance(value, tuple):
        # A list without items is none in JSON, though it is one in text and in conditions.
        return [_single(field, each) for each in value] or None
    return _single(field, value)


def _single(field: FieldValue, value: Value) -> Any:
    if isinstance(value, str):
        return _string(field, value)
    if isinstance(value, bytes):
        return _bytes(field, value)
    if field.field.name in _HEXADECIMAL and isinstance(value, int):
        return hexadecimal(value, 4)
    return value


def _string(field: FieldValue, value: str) -> str:
    """The text made harmless; those of plugins are shown as they are."""
    is_plugin = field.field.name in SOURCES[SYSCALL].plugin_fields
    return printable(value) if is_plugin else sanitized_text(value)


def _bytes(field: FieldValue, value: bytes) -> str:
    if field.type.kind is Kind.ADDRESS:
        return ip_text(value).decode()
    if not value:
        return "NULL"
    return dotted(value if len(value) <= BUFFER_LIMIT else value[: BUFFER_LIMIT - 1])


def to_line(field: FieldValue, value: Value) -> str:
    """A value in the text of an alert."""
    if value is None or field.field.name in _UNPRINTED:
        return NOT_AVAILABLE
    if isinstance(value, tuple):
        return _list(field, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, int) and field.field.name in _PADDED:
        return f"{value:09d}"
    return str(_single(field, value))


def _list(field: FieldValue, values: tuple[Any, ...]) -> str:
    text = "(" + ",".join(str(_single(field, each)) for each in values) + ")"
    raw = to_bytes(text)
    return text if len(raw) <= LIST_LIMIT else printable(to_text(raw[:LIST_LIMIT]))
