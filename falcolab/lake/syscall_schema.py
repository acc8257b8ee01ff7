"""The tables of the lake for system calls: which one holds which field.

The table follows from what a field's value depends on (``Part`` of
:mod:`falcolab.system.values`):

- ``kinds``: what kind of event it is and how it ended, without any names and numbers;
- ``processes``: the thread and its process, ancestors and user included;
- ``files``: what the event's descriptor points to, as the event left it;
- ``containers``: what is known of the container;
- ``arguments``: what the event's arguments stand for in the state of that moment, such as the
  name behind a descriptor's number or the full path behind a relative one;
- ``descriptors``: the other descriptors of the process;
- the event itself: its parameters as they were recorded, and what changes all the time.

Everything else is computed from an event's parameters when a rule asks for it.
"""

from __future__ import annotations

import pyarrow as pa

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.field import Arg, Field, Reading
from falcolab.lake.types import column_type
from falcolab.system.values import FIELDS, Part

KINDS, PROCESSES, FILES, CONTAINERS = "kinds", "processes", "files", "containers"
ARGUMENTS, DESCRIPTORS = "arguments", "descriptors"

_CATALOGUE = SOURCES[SYSCALL].fields
_OF_PROCESS = Part.PROCESS | Part.LINEAGE | Part.THREADS | Part.USER
_VOLATILE = ("fd.num", "evt.rawres")
_PATHS = ("fs.path.", "evt.abspath", "fdlist.")
_MEMBERS = ("evt.abspath.src", "evt.abspath.dst")
"""Fields with a member that have a value of their own."""


KIND_FIELDS = (
    *("evt.type", "syscall.type", "evt.dir", "evt.category", "evt.is_async", "evt.asynctype"),
    *("evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.io_dir", "evt.is_wait", "evt.is_syslog"),
    *("evt.res", "evt.failed", "evt.count.exit", "evt.count.error", "evt.count.error.file"),
    *("evt.count.error.net", "evt.count.error.memory", "evt.count.error.other"),
    *("evt.is_open_read", "evt.is_open_write", "evt.is_open_create", "evt.is_open_exec"),
)
"""Fields with few values that tell what kind of event it is."""


def table_of(name: str) -> str | None:
    """The dimension that holds a field; None for one that is kept with the event or computed."""
    depends = FIELDS[name].depends
    if name in KIND_FIELDS:
        return KINDS
    if name.startswith(_PATHS) and depends & (Part.TABLE | Part.PROCESS):
        return ARGUMENTS
    if depends & Part.CONTAINER and not depends & Part.DESCRIPTOR:
        return CONTAINERS
    if depends & Part.DESCRIPTOR and name.startswith("fd.") and name not in ("fd.num", "fd.uid"):
        return FILES
    if depends & Part.TABLE and not depends & Part.THREADS:
        return DESCRIPTORS
    if depends and depends & _OF_PROCESS == depends:
        return PROCESSES
    return None


def _is_plain(field: Field) -> bool:
    """Whether a field has a value without an argument."""
    return field.arg in (Arg.NONE, Arg.OPTIONAL)


def _stored(table: str) -> tuple[str, ...]:
    names = [name for name, field in _CATALOGUE.items() if _is_plain(field)]
    return tuple(name for name in names if table_of(name) == table)


PROCESS_FIELDS = _stored(PROCESSES)
FILE_FIELDS = _stored(FILES)
CONTAINER_FIELDS = _stored(CONTAINERS)
ARGUMENT_FIELDS = (*_stored(ARGUMENTS), "evt.abspath", *_MEMBERS)
DESCRIPTOR_FIELDS = _stored(DESCRIPTORS)
EVENT_FIELDS = (
    tuple(
        name
        for name, field in _CATALOGUE.items()
        if _is_plain(field) and FIELDS[name].depends in (Part.USAGE, Part.PROCESS | Part.USAGE)
    )
    + _VOLATILE
)
"""Fields that events have as columns, because they change all the time."""


def arrow_type(field: Field) -> pa.DataType:
    """The type of the column that holds a field, several values of it for those with candidates."""
    single = column_type(field.type)
    return pa.list_(single) if field.is_list or field.reading is not Reading.VALUE else single


def _columns(names: tuple[str, ...]) -> list[pa.Field]:
    return [pa.field(name, arrow_type(_CATALOGUE.get(name, _CATALOGUE["evt.abspath"]))) for name in names]


_TEXTS = pa.list_(pa.string())

PROCESS_COLUMNS = (
    pa.field("known", pa.bool_()),
    pa.field("args", _TEXTS),
    pa.field("cgroups", _TEXTS),
    pa.field("parent_clone_ts", pa.uint64()),
    *(pa.field(f"ancestor_{name}", _TEXTS) for name in ("name", "exe", "exepath", "cmdline", "args", "env")),
    pa.field("ancestor_pid", pa.list_(pa.int64())),
)
"""What fields with an argument are computed from: ``ancestor_*`` begin with the own process."""

FILE_COLUMNS = (
    pa.field("fd_type", pa.int16()),
    pa.field("fd_flags", pa.int32()),
    pa.field("fd_sock", pa.binary()),
    pa.field("fd_own", pa.bool_()),
)
"""The record of the descriptor, null without one; ``fd_own`` tells those that the event itself is about from
those that its thread used last."""

CONTAINER_COLUMNS = (pa.field("container_json", pa.string()),)
ARGUMENT_COLUMNS = (pa.field("resolved", _TEXTS),)
"""For each parameter the text it stands for, null for those that stand for themselves."""


def _schema(key: str, own: tuple[pa.Field, ...], names: tuple[str, ...]) -> pa.Schema:
    return pa.schema([pa.field(key, pa.int64(), nullable=False), *own, *_columns(names)])


SCHEMAS = {
    KINDS: _schema("kind_id", (pa.field("type_name", pa.string()),), KIND_FIELDS),
    PROCESSES: _schema("process_id", PROCESS_COLUMNS, PROCESS_FIELDS),
    FILES: _schema("file_id", FILE_COLUMNS, FILE_FIELDS),
    CONTAINERS: _schema("container_id", CONTAINER_COLUMNS, CONTAINER_FIELDS),
    ARGUMENTS: _schema("argument_id", ARGUMENT_COLUMNS, ARGUMENT_FIELDS),
    DESCRIPTORS: _schema("descriptor_id", (), DESCRIPTOR_FIELDS),
}
"""The dimensions of system calls."""

EVENT_SCHEMA = pa.schema(
    [
        pa.field("num", pa.int64(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("type", pa.int16(), nullable=False),
        pa.field("tid", pa.int64(), nullable=False),
        pa.field("cpu", pa.int32(), nullable=False),
        pa.field("first_time", pa.int64(), nullable=False),
        pa.field("lengths", pa.binary(), nullable=False),
        pa.field("params", pa.binary(), nullable=False),
        *(pa.field(schema.names[0], pa.int64(), nullable=False) for schema in SCHEMAS.values()),
        *_columns(EVENT_FIELDS),
    ]
)
"""Events: ``num`` as Falco counts, ``time`` in nanoseconds since 1970 (UTC), ``first_time`` that of the
first event from the machine itself, ``lengths`` the sizes of the parameters (four bytes each) and
``params`` the parameters one after the other."""
