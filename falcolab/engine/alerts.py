"""Alerts in Falco's form: from matching events and output templates to text and JSON.

Source: ``userspace/engine/formats.cpp`` of falcosecurity/falco. Missing values print
``<NA>`` and are null in JSON; lists print as ``(a,b)``; times are integers in JSON.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from falcolab.engine.binding import clock, iso8601
from falcolab.engine.event import compile_value, slots_of
from falcolab.lang.strings import printable, to_bytes, to_text
from falcolab.lang.template import Template, Token
from falcolab.lang.typed import FieldValue
from falcolab.rules.ruleset import Rule

_TIMES = frozenset({"evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s"})
_PADDED = frozenset({"evt.rawtime.ns", "evt.reltime", "evt.reltime.ns"})


@dataclass(frozen=True, slots=True)
class Alert:
    """What Falco would say about one event.

    Attributes:
        event_id: the event, unique in the lake: ``PART-NUMBER``.
        time: of the event, ns.
        rule: which rule fired.
        message: its output, filled in.
        fields: the values of the output's fields as JSON has them.
    """

    event_id: str
    time: int
    rule: Rule
    message: str
    fields: dict[str, Any]

    @property
    def output(self) -> str:
        """The line that Falco prints: local time, priority, message."""
        return f"{clock(self.time)}: {self.rule.priority.label} {self.message}"

    def as_json(self, host: str | None = None) -> dict[str, Any]:
        """Falco's JSON object; keys in its order."""
        return {
            "hostname": host if host is not None else hostname(),
            "message": self.message,
            "output": self.output,
            "output_fields": dict(sorted({**self.fields, "evt.time": self.time}.items())),
            "priority": self.rule.priority.label,
            "rule": self.rule.name,
            "source": self.rule.source,
            "tags": list(self.rule.tags),
            "time": iso8601(self.time) + "Z",
        }


def hostname() -> str:
    """The host's name as Falco reports it: ``$FALCO_HOSTNAME``, else the system's."""
    return os.environ.get("FALCO_HOSTNAME") or socket.gethostname()


Row = Sequence[Any]


class Formatter:
    """Fills in the output template of a rule.

    Attributes:
        values: the field values that it needs, in the order in which rows give them; the event's
            time comes first.
    """

    def __init__(self, template: Template, time: FieldValue) -> None:
        self.values = tuple(dict.fromkeys((time, *slots_of(*(token.value for token in template.tokens)))))
        slots = {value: slot for slot, value in enumerate(self.values)}
        self.parts: list[str | tuple[Token, Callable[[Row], Any], Callable[[Any], Any]]] = [
            part if isinstance(part, str) else (part, compile_value(part.value, slots), _jsonify(part))
            for part in template.parts
        ]

    def fill(self, row: Row) -> tuple[str, dict[str, Any]]:
        """The message and the JSON fields for one event."""
        texts: list[str] = []
        fields: dict[str, Any] = {}
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            token, get, to_json = part
            value = get(row)
            texts.append(_fitted(_text(value, token), token.width))
            fields[token.name] = None if value is None else (row[0] if _is_time(token) else to_json(value))
        return "".join(texts), fields


def _is_time(token: Token) -> bool:
    return isinstance(token.value, FieldValue) and token.value.name in _TIMES


def _jsonify(token: Token) -> Callable[[Any], Any]:
    def to_json(value: Any) -> Any:
        if isinstance(value, tuple):
            return [printable(item) if isinstance(item, str) else item for item in value]
        return printable(value) if isinstance(value, str) else value

    return to_json


def _text(value: Any, token: Token) -> str:
    if value is None:
        return "<NA>"
    if isinstance(value, tuple):
        return _list_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if token.name in _PADDED:
        return f"{value:09d}"
    return printable(str(value))


LIST_BYTES = 1023
"""Falco prints lists into a buffer of 1024 bytes and cuts what does not fit, closing parenthesis included."""


def _list_text(items: tuple[Any, ...]) -> str:
    text = "(" + ",".join(str(item) for item in items) + ")"
    raw = to_bytes(text)
    return printable(text if len(raw) <= LIST_BYTES else to_text(raw[:LIST_BYTES]))


def _fitted(text: str, width: int) -> str:
    return text if not width else text[:width].ljust(width)
