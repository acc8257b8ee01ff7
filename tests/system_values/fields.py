"""Fields of events for tests, by their names as rules write them."""

from __future__ import annotations

import re
from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.event_params import EVENT_PARAMS
from falcolab.fields.field import Arg
from falcolab.lang.typed import FieldValue
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.values import FIELDS, Context, to_json, to_line

_ARGUMENTS = {
    Arg.NONE: (None,),
    Arg.INDEX: (None, "0", "1"),
    Arg.OPTIONAL: (None, "0", "1", "2", "99999999999999999999", "PATH", ""),
    Arg.KEY: ("a", "io.kubernetes.pod.name", "1", ""),
    Arg.INDEX_OR_KEY: ("0", "7", "/a*", "(", "99999999999999999999"),
    Arg.MEMBER: (
        None,
        "0",
        "1",
        "99",
        "fd",
        "name",
        "data",
        "res",
        "flags",
        "src",
        "dst",
        "cpu",
        "open",
        "42",
        "",
    ),
}


def field(name: str) -> FieldValue:
    """The field value that a name in a rule means."""
    match = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", name)
    assert match is not None
    found = SOURCES[SYSCALL].find(match[1])
    assert found is not None, name
    entry, member = found
    arg = match[2] if match[2] is not None else member
    type_ = EVENT_PARAMS.get(arg or "") if entry.name == "evt.rawarg" else None
    return FieldValue(entry, arg, name, type_ or entry.type)


def every_field() -> list[FieldValue]:
    """Every field of system calls with plain and odd arguments."""
    return [
        FieldValue(entry, arg, entry.name, entry.type)
        for entry in SOURCES[SYSCALL].fields.values()
        for arg in _ARGUMENTS[entry.arg]
    ]


def compared(name: str, event: Event, machine: Machine) -> Any:
    """What conditions compare, for the event that the machine has taken in last."""
    value = field(name)
    return FIELDS[value.field.name].value(Context.of(event, machine), value.arg)


def in_json(name: str, event: Event, machine: Machine) -> Any:
    """What the JSON of an alert holds."""
    value = field(name)
    shown = FIELDS[value.field.name].shown_value(Context.of(event, machine), value.arg)
    return to_json(value, shown, event.time)


def in_text(name: str, event: Event, machine: Machine) -> str:
    """What the text of an alert says."""
    value = field(name)
    return to_line(value, FIELDS[value.field.name].shown_value(Context.of(event, machine), value.arg))
