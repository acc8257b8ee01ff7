"""The flat view: events with the names of Falco's fields as columns, in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from falcolab.fields.catalogue import SOURCES
from falcolab.lake.layout import EVENTS, PART, Layout, layout_of
from falcolab.lake.manifest import Capture
from falcolab.lake.store import Store

_OWN = {"num": "evt.num", "time": "evt.rawtime", "tid": "thread.tid", "cpu": "evt.cpu"}
"""Columns of events that hold a field under another name."""


def connect(store: Store) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with the flat view ``events``.

    ``event_id`` is the event's id as replay shows it, ``time`` a TIMESTAMP_NS in UTC. In a lake
    with several event sources the view has the columns of all of them. The tables behind it are
    there as well: ``k8s_audit_events``, ``audit_actors``, ``syscall_events``, ``processes``...
    """
    connection = duckdb.connect()
    captures = store.captures()
    present = list(dict.fromkeys(capture.source for capture in captures if capture.events))
    for source in present or list(SOURCES)[-1:]:
        layout = layout_of(source)
        for table in (EVENTS, *layout.dimensions):
            connection.execute(_table_sql(store, captures, layout, table))
        connection.execute(_flat_sql(layout))
    flat = " UNION ALL BY NAME ".join(f"FROM flat_{each}" for each in present or list(SOURCES)[-1:])
    connection.execute(f"CREATE VIEW events AS {flat}")
    return connection


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(layout: Layout, table: str) -> str:
    return f"{layout.source}_events" if table == EVENTS else table


def _table_sql(store: Store, captures: Sequence[Capture], layout: Layout, table: str) -> str:
    mine = (capture for capture in captures if capture.source == layout.source)
    files = [file for capture in mine for part in capture.parts for file in part.of_table(table)]
    name = _name(layout, table)
    if not files:
        columns = (f'NULL::{_sql_type(str(each.type))} AS "{each.name}"' for each in layout.schema_of(table))
        return f"CREATE VIEW {name} AS SELECT {', '.join(columns)} WHERE false"
    paths = ", ".join(_literal(str(store.root / file.path)) for file in files)
    return f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"  # noqa: S608


def _sql_type(arrow: str) -> str:
    types = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}
    return types.get(arrow, "VARCHAR[]")


def _flat_sql(layout: Layout) -> str:
    """The view of one source: what has a field's name, of events and of every dimension."""
    fields = SOURCES[layout.source].fields
    columns = [
        f"e.{PART} || '-' || e.num AS event_id",
        "make_timestamp_ns(e.time) AS time",
        f'{_literal(layout.source)} AS "evt.source"',
        *(f'e."{name}" AS "{_OWN[name]}"' for name in layout.events.names if name in _OWN),
        *(f'e."{name}"' for name in layout.events.names if name in fields),
    ]
    joins = []
    for table, schema in layout.dimensions.items():
        key = schema.names[0]
        joins.append(f'LEFT JOIN "{table}" ON "{table}".{key} = e.{key}')
        columns += [f'"{table}"."{name}"' for name in schema.names[1:] if name in fields]
    table = _name(layout, EVENTS)
    return f"CREATE VIEW flat_{layout.source} AS SELECT {', '.join(columns)} FROM {table} e {' '.join(joins)}"  # noqa: S608
