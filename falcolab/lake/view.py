"""The flat view: events with the names of Falco's fields as columns, in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from falcolab.lake.manifest import Capture
from falcolab.lake.schema import DIMENSIONS, EVENT_SCHEMA, EVENTS
from falcolab.lake.store import Store

_OWN = {"evt.num": "num", "evt.rawtime": "time", "ka.auditid": '"ka.auditid"'}


def connect(store: Store) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in which ``events`` is the flat view and each dimension a table.

    ``event_id`` is the event's id as replay shows it, ``time`` a TIMESTAMP_NS in UTC.
    """
    connection = duckdb.connect()
    captures = store.captures()
    for table in (EVENTS, *(dimension.name for dimension in DIMENSIONS)):
        connection.execute(_table_sql(store, captures, table))
    connection.execute(_view_sql())
    return connection


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table_sql(store: Store, captures: Sequence[Capture], table: str) -> str:
    files = [file for capture in captures for part in capture.parts for file in part.of_table(table)]
    name = f"raw_{table}" if table == EVENTS else table
    if not files:
        schema = EVENT_SCHEMA if table == EVENTS else next(d.schema for d in DIMENSIONS if d.name == table)
        columns = ", ".join(f'NULL::{_sql_type(str(column.type))} AS "{column.name}"' for column in schema)
        return f"CREATE VIEW {name} AS SELECT {columns} WHERE false"  # noqa: S608  # our own schema
    paths = ", ".join(_literal(str(store.root / file.path)) for file in files)
    return f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"  # noqa: S608


def _sql_type(arrow: str) -> str:
    types = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}
    return types.get(arrow, "VARCHAR[]")


def _view_sql() -> str:
    own = [f'e.{column} AS "{name}"' for name, column in _OWN.items()]
    fields = [f'"{d.name}"."{name}"' for d in DIMENSIONS for name in d.fields]
    joins = [f'LEFT JOIN "{d.name}" ON "{d.name}".{d.key} = e.{d.key}' for d in DIMENSIONS]
    event_id = "(e.event_id >> 32) || '-' || e.num AS event_id"
    columns = ", ".join([event_id, "make_timestamp_ns(e.time) AS time", *own, *fields])
    return f"CREATE VIEW events AS SELECT {columns} FROM raw_events e {' '.join(joins)}"  # noqa: S608
