"""The tables of a part as Parquet files in the staging folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.manifest import DataFile, Part, file_digest
from falcolab.lake.schema import EVENT_SCHEMA, EVENTS, KEYS
from falcolab.lake.store import Store

ROW_GROUP = 131_072
_HOUR = 3_600 * 10**9

_REPEATING = [*KEYS, "json_rest"]
_ASCENDING = [
    field.name for field in EVENT_SCHEMA if field.type == pa.int64() and field.name not in _REPEATING
]
_EVENT_OPTIONS: dict[str, Any] = {
    "use_dictionary": _REPEATING,
    "column_encoding": dict.fromkeys(_ASCENDING, "DELTA_BINARY_PACKED"),
}


def write_part(store: Store, ordinal: int, tables: Mapping[str, pa.Table]) -> Part:
    """Stage the files of a part: its events by hour, each dimension as one file."""
    files = []
    for name, table in tables.items():
        if name == EVENTS:
            hours = _by_hour(table)
            files += [_stage(store, f"{path}/{ordinal:08d}.parquet", EVENTS, rows) for path, rows in hours]
        else:
            files.append(_stage(store, f"{name}/source={K8S_AUDIT}/{ordinal:08d}.parquet", name, table))
    return Part(ordinal, tables[EVENTS].num_rows, tuple(files))


def _stage(store: Store, relative: str, table_name: str, table: pa.Table) -> DataFile:
    path = store.stage(relative)
    options = _EVENT_OPTIONS if table_name == EVENTS else {}
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP, **options)
    return DataFile(relative, table_name, table.num_rows, path.stat().st_size, file_digest(path))


def _by_hour(events: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Events by hour (UTC), with the folder that each hour goes to; the order within is kept."""
    hours = events["time"].to_numpy() // _HOUR
    if (hours[1:] < hours[:-1]).any():
        order = np.argsort(hours, kind="stable")
        events, hours = events.take(pa.array(order)), hours[order]
    starts = [0, *(np.flatnonzero(hours[1:] != hours[:-1]) + 1)]
    for start, end in zip(starts, [*starts[1:], len(hours)], strict=True):
        moment = datetime.fromtimestamp(int(hours[start]) * 3600, UTC)
        folder = f"{EVENTS}/source={K8S_AUDIT}/date={moment:%Y-%m-%d}/hour={moment:%H}"
        yield folder, events.slice(start, end - start)
