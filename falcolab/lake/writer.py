"""The tables of a part as Parquet files in the staging folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.lake.layout import EVENTS, PART, Layout
from falcolab.lake.manifest import DataFile, Part, file_digest
from falcolab.lake.store import Store

ROW_GROUP = 131_072
_HOUR = 3_600 * 10**9

_ASCENDING = frozenset({"event_id", "num", "time", "received"})
"""Columns that grow with nearly every event; in all others values repeat."""


def write_part(
    store: Store, layout: Layout, ordinal: int, tables: Mapping[str, pa.Table], origins: tuple[int, ...] = ()
) -> Part:
    """Stage the files of a part: its events by hour, each dimension as one file.

    Args:
        store: the lake.
        layout: of its source.
        ordinal: its number.
        tables: events and dimensions, by name. Events that say nothing else belong to this part.
        origins: the parts that they come from, if not from this one.
    """
    source = f"source={layout.source}"
    files, events = [], _placed(tables[EVENTS], layout, ordinal)
    for name, table in tables.items():
        if name == EVENTS:
            hours = _by_hour(events, source)
            files += [_stage(store, f"{path}/{ordinal:08d}.parquet", EVENTS, rows) for path, rows in hours]
        else:
            files.append(_stage(store, f"{name}/{source}/{ordinal:08d}.parquet", name, table))
    times = events["time"].to_numpy()
    return Part(ordinal, len(times), int(times.min()), int(times.max()), tuple(files), origins)


def _placed(events: pa.Table, layout: Layout, ordinal: int) -> pa.Table:
    """Events with the number of the part they belong to."""
    if PART in events.schema.names:
        return events
    part = pa.array(np.full(events.num_rows, ordinal))
    return events.append_column(layout.events.field(PART), part)


def _stage(store: Store, relative: str, table_name: str, table: pa.Table) -> DataFile:
    path = store.stage(relative)
    options = _event_options(table.schema) if table_name == EVENTS else {}
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP, **options)
    return DataFile(relative, table_name, table.num_rows, path.stat().st_size, file_digest(path))


def _event_options(schema: pa.Schema) -> dict[str, Any]:
    ascending = [name for name in schema.names if name in _ASCENDING]
    return {
        "use_dictionary": [name for name in schema.names if name not in _OWN],
        "column_encoding": dict.fromkeys(ascending, "DELTA_BINARY_PACKED"),
    }


_OWN = _ASCENDING | {"ka.auditid", "params"}
"""Columns in which nearly every event has a value of its own."""


def _by_hour(events: pa.Table, source: str) -> Iterator[tuple[str, pa.Table]]:
    """Events by hour (UTC), with the folder that each hour goes to; the order within is kept."""
    hours = events["time"].to_numpy() // _HOUR
    if (hours[1:] < hours[:-1]).any():
        order = np.argsort(hours, kind="stable")
        events, hours = events.take(pa.array(order)), hours[order]
    starts = [0, *(np.flatnonzero(hours[1:] != hours[:-1]) + 1)]
    for start, end in zip(starts, [*starts[1:], len(hours)], strict=True):
        moment = datetime.fromtimestamp(int(hours[start]) * 3600, UTC)
        folder = f"{EVENTS}/{source}/date={moment:%Y-%m-%d}/hour={moment:%H}"
        yield folder, events.slice(start, end - start)
