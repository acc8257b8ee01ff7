"""Where the lake has the value of a field of system calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from falcolab.engine.binding import ACROSS, CONSTANT, Binding
from falcolab.engine.typed_events import TYPE_NAME
from falcolab.errors import InputError
from falcolab.lake import syscall_schema as schema
from falcolab.lake.schema import EVENTS
from falcolab.lake.stored_event import (
    EVENT_COLUMNS,
    STATE_COLUMNS,
    argument_text,
    container_context,
    process_context,
    stored_context,
)
from falcolab.lang.typed import FieldValue
from falcolab.system.values import FIELDS, Context, Part

_OWN_COLUMNS = {"evt.num": "num", "evt.rawtime": "time", "thread.tid": "tid", "evt.cpu": "cpu"}
"""Fields that events have under another name."""

_TABLES = {
    name: table
    for table, names in (
        (schema.KINDS, schema.KIND_FIELDS),
        (schema.PROCESSES, schema.PROCESS_FIELDS),
        (schema.FILES, schema.FILE_FIELDS),
        (schema.CONTAINERS, schema.CONTAINER_FIELDS),
        (schema.ARGUMENTS, schema.ARGUMENT_FIELDS),
        (schema.DESCRIPTORS, schema.DESCRIPTOR_FIELDS),
        (EVENTS, schema.EVENT_FIELDS),
    )
    for name in names
}

_PROCESS_COLUMNS = tuple(column.name for column in schema.PROCESS_COLUMNS)


def bind(value: FieldValue) -> Binding:
    """The binding of what conditions compare, or of what alerts print if that is meant."""
    if value.field is TYPE_NAME:
        return Binding(schema.KINDS, ("type_name",))
    name, arg = value.field.name, value.arg
    if name == "fd.types" and arg is not None:
        return _numbered_type(arg)
    if value.is_shown and (shown := FIELDS[name].shown) is not None:
        if name in _SHOWN and arg is None:
            return Binding(_TABLES[name], (name,), _SHOWN[name])
        return _computed(name, arg, shown)
    stored = f"{name}.{arg}" if name == "evt.abspath" and arg else name
    if stored in _TABLES and (arg is None or stored != name):
        return Binding(_TABLES[stored], (stored,))
    if name in _OWN_COLUMNS:
        return Binding(EVENTS, (_OWN_COLUMNS[name],))
    return _computed(name, arg, FIELDS[name].value)


def _computed(name: str, arg: str | None, extract: Callable[[Context, str | None], Any]) -> Binding:
    depends = FIELDS[name].depends
    if name == "evt.arg" and arg is not None and not arg.isdecimal():
        return Binding(ACROSS, _ARGUMENT_COLUMNS, partial(argument_text, arg))
    if name == "proc.duration":
        return Binding(ACROSS, ("time", "proc.pid.ts"), _since)
    if name == "proc.ppid.duration":
        return Binding(ACROSS, ("time", "parent_clone_ts", "proc.fdopencount"), _parent_duration)
    if schema.table_of(name) == schema.CONTAINERS:
        of_container = ("container_json", "container.id")
        return Binding(schema.CONTAINERS, of_container, lambda *row: extract(container_context(*row), arg))
    if name in _OF_ANCESTORS:
        column = f"ancestor_{_OF_ANCESTORS[name]}"
        return Binding(schema.PROCESSES, (column,), lambda line: extract(_ancestors(column, line), arg))
    if schema.table_of(name) == schema.PROCESSES:
        return Binding(schema.PROCESSES, _PROCESS_COLUMNS, lambda *row: extract(process_context(*row), arg))
    if depends is Part.NONE:
        return Binding(CONSTANT, (), lambda: extract(stored_context(*_NOTHING), arg))
    if depends is Part.EVENT and name not in _WITH_TEXTS:
        return Binding(EVENTS, EVENT_COLUMNS, lambda *row: extract(stored_context(*row, *_NO_STATE), arg))
    columns = (*EVENT_COLUMNS, *STATE_COLUMNS)
    return Binding(ACROSS, columns, lambda *row: extract(stored_context(*row), arg))


_OF_ANCESTORS = {
    "proc.aname": "name",
    "proc.aexe": "exe",
    "proc.aexepath": "exepath",
    "proc.acmdline": "cmdline",
    "proc.aargs": "args",
    "proc.apid": "pid",
}
"""Fields of the ancestors that one column tells; it is null where the process is not known."""

_ARGUMENT_COLUMNS = ("type", "lengths", "params", "resolved")
_WITH_TEXTS = frozenset({"evt.buffer"})
"""Fields that print the text of a parameter, which may depend on the state."""

_SHOWN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("fd.ip", "fd.net", "fd.port", "fd.proto"), lambda _value: None),
    **dict.fromkeys(
        ("fd.cnet", "fd.snet", "fd.lnet", "fd.rnet"),
        lambda value: None if value is None else "<IPNET>",
    ),
    **dict.fromkeys(("fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"), lambda _value: None),
    "fd.types": lambda value: value or None,
}
"""What is printed of stored values."""


def _ancestors(column: str, line: Sequence[Any] | None) -> Context:
    """A context in which only one thing is known of the process and its ancestors."""
    count = 0 if line is None else len(line)
    known: dict[str, list[Any]] = {"pid": [0] * count} | {name: [""] * count for name in _ANCESTOR_TEXTS}
    known[column.removeprefix("ancestor_")] = list(line or ())
    return process_context(
        line is not None, (), (), None, *(known[name] for name in (*_ANCESTOR_TEXTS, "pid"))
    )


_ANCESTOR_TEXTS = ("name", "exe", "exepath", "cmdline", "args", "env")

_STREAMS = {"0": "proc.stdin.type", "1": "proc.stdout.type", "2": "proc.stderr.type"}


def _numbered_type(arg: str) -> Binding:
    """The type of the descriptor with a number, of which the lake keeps the first three."""
    if arg not in _STREAMS:
        raise InputError(f"fd.types[{arg}]: the lake keeps the types of the descriptors 0, 1 and 2 only")
    columns = (_STREAMS[arg], "fd.types")
    return Binding(schema.DESCRIPTORS, columns, lambda type_, types: _alone(type_) if types else None)


def _alone(type_: str | None) -> tuple[str] | None:
    return None if type_ is None else (type_,)


_NO_STATE = (True, *(None,) * (len(STATE_COLUMNS) - 1))
_NOTHING = (0, 0, 1, 0, 0, 0, b"", b"", None, *_NO_STATE)


def _since(now: int, then: int | None) -> int | None:
    return (now - then) % 2**64 if then else None


def _parent_duration(now: int, then: int | None, open_descriptors: int | None) -> int | None:
    """Falco shows the number of open descriptors for a parent that was there before the recording."""
    return None if then is None else _since(now, then) or open_descriptors
