"""The tables of each event source: the schema of its events and of its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import pyarrow as pa

from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL

EVENTS = "events"
PART = "part"
"""The column of events that tells in which part one was written first; with its number it makes its id."""


@dataclass(frozen=True)
class Layout:
    """The tables of one event source.

    Attributes:
        source: its name.
        events: the schema of the event table.
        dimensions: the schemas of the dimensions by name, those that rule out most events first. The first
            column of each is the key, which events have under the same name.
    """

    source: str
    events: pa.Schema
    dimensions: Mapping[str, pa.Schema]

    def key_of(self, table: str) -> str:
        """The column of events that refers to a dimension."""
        name: str = self.dimensions[table].names[0]
        return name

    @cached_property
    def dimension_of(self) -> Mapping[str, str]:
        """The dimension that has a column."""
        return {name: table for table, schema in self.dimensions.items() for name in schema.names[1:]}

    def schema_of(self, table: str) -> pa.Schema:
        """The schema of a table."""
        return self.events if table == EVENTS else self.dimensions[table]


@cache
def layout_of(source: str) -> Layout:
    """The tables of an event source.

    Raises:
        InputError: there is no such source.
    """
    # Imported when asked for: each source's tables bring its fields with them.
    if source == K8S_AUDIT:
        from falcolab.lake import schema as audit  # noqa: PLC0415

        dimensions = {each.name: each.schema for each in audit.DIMENSIONS}
        return Layout(source, _with_part(audit.EVENT_SCHEMA), dimensions)
    if source == SYSCALL:
        from falcolab.lake import syscall_schema as syscall  # noqa: PLC0415

        return Layout(source, _with_part(syscall.EVENT_SCHEMA), syscall.SCHEMAS)
    raise InputError(f"no such event source: {source}")


def _with_part(events: pa.Schema) -> pa.Schema:
    return events.append(pa.field(PART, pa.int64(), nullable=False))
