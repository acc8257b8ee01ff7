"""How the values of each event source print in alerts: as text, and in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.strings import printable, to_bytes, to_text
from falcolab.lang.typed import FieldValue, Value

_TIMES = frozenset({"evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s"})
_PADDED = frozenset({"evt.rawtime.ns", "evt.reltime", "evt.reltime.ns"})
LIST_BYTES = 1023
"""Falco prints lists into a buffer of 1024 bytes and cuts what does not fit, closing parenthesis included."""


class Printer(Protocol):
    """Prints values for alerts."""

    def line(self, what: Value, value: Any) -> str:
        """A value in the message; ``<NA>`` for an absent one."""

    def json(self, what: Value, value: Any, time: int) -> Any:
        """A value in ``output_fields``; null for an absent one, times as nanoseconds."""


class AuditPrinter:
    """Prints what plugins extract: texts as they are."""

    def line(self, what: Value, value: Any) -> str:
        """A value in the message; ``<NA>`` for an absent one."""
        if value is None:
            return "<NA>"
        if isinstance(value, tuple):
            return _list_text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(what, FieldValue) and what.name in _PADDED:
            return f"{value:09d}"
        return printable(str(value))

    def json(self, what: Value, value: Any, time: int) -> Any:
        """A value in ``output_fields``; null for an absent one, times as nanoseconds."""
        if value is not None and isinstance(what, FieldValue) and what.name in _TIMES:
            return time
        if isinstance(value, tuple):
            return [printable(item) if isinstance(item, str) else item for item in value]
        return printable(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class SyscallPrinter:
    """Prints the fields of system calls, which Falco makes harmless; transformed ones as they are."""

    plain: AuditPrinter

    def line(self, what: Value, value: Any) -> str:
        """A value in the message; ``<NA>`` for an absent one."""
        from falcolab.system.values import to_line  # noqa: PLC0415  # brings all syscall fields with it

        return to_line(what, value) if isinstance(what, FieldValue) else self.plain.line(what, value)

    def json(self, what: Value, value: Any, time: int) -> Any:
        """A value in ``output_fields``; null for an absent one, times as nanoseconds."""
        from falcolab.system.values import to_json  # noqa: PLC0415

        if isinstance(what, FieldValue):
            return to_json(what, value, time)
        return self.plain.json(what, value, time)


@cache
def printer_of(source: str) -> Printer:
    """The printer of an event source."""
    return SyscallPrinter(AuditPrinter()) if source == SYSCALL else AuditPrinter()


def _list_text(items: tuple[Any, ...]) -> str:
    text = "(" + ",".join(str(item) for item in items) + ")"
    raw = to_bytes(text)
    return printable(text if len(raw) <= LIST_BYTES else to_text(raw[:LIST_BYTES]))
