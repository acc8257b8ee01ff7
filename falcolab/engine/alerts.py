"""Alerts in Falco's form: from matching events and output templates to text and JSON.

Source: ``userspace/engine/formats.cpp`` of falcosecurity/falco. Missing values print
``<NA>`` and are null in JSON; lists print as ``(a,b)``; times are integers in JSON.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from falcolab.engine.binding import clock, iso8601
from falcolab.engine.event import compile_value, slots_of
from falcolab.engine.printers import printer_of
from falcolab.fields.catalogue import SOURCES
from falcolab.lang.fields import field_value
from falcolab.lang.template import Template
from falcolab.lang.typed import FieldValue, Value
from falcolab.rules.ruleset import Rule


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

    Args:
        template: of the output.
        source: the event source of the rule.

    Attributes:
        values: the field values that it needs, in the order in which rows give them; the event's
            time comes first.
    """

    def __init__(self, template: Template, source: str) -> None:
        tokens = [(token, _shown(token.value)) for token in template.tokens]
        time = field_value(SOURCES[source], "evt.rawtime", None)
        self.values = tuple(dict.fromkeys((time, *slots_of(*(value for _, value in tokens)))))
        slots = {value: slot for slot, value in enumerate(self.values)}
        getters = iter([(token, value, compile_value(value, slots)) for token, value in tokens])
        self.parts = [part if isinstance(part, str) else next(getters) for part in template.parts]
        self.printer = printer_of(source)

    def fill(self, row: Row) -> tuple[str, dict[str, Any]]:
        """The message and the JSON fields for one event."""
        texts: list[str] = []
        fields: dict[str, Any] = {}
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            token, what, get = part
            value = get(row)
            texts.append(_fitted(self.printer.line(what, value), token.width))
            fields[token.name] = self.printer.json(what, value, row[0])
        return "".join(texts), fields


def _shown(value: Value) -> Value:
    return replace(value, is_shown=True) if isinstance(value, FieldValue) else value


def _fitted(text: str, width: int) -> str:
    return text if not width else text[:width].ljust(width)
