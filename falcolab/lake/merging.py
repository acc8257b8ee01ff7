"""Several parts as one: events one after the other, and of equal rows of dimensions only one."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from falcolab.errors import InputError
from falcolab.lake.layout import EVENTS, PART, Layout
from falcolab.lake.manifest import Part
from falcolab.lake.schema import LOCAL_BITS
from falcolab.lake.store import Store

Indices = npt.NDArray[np.int64]


def merge_parts(store: Store, layout: Layout, parts: Sequence[Part], ordinal: int) -> dict[str, pa.Table]:
    """The tables of a part that holds the events of others.

    Args:
        store: the lake.
        layout: of their source.
        parts: the others; their events are taken in the order of their ids.
        ordinal: the number of the new part.

    Raises:
        InputError: a file is missing or damaged.
    """
    events = _in_order(_read(store, parts, EVENTS))
    tables = {}
    for name in layout.dimensions:
        rows = _read(store, parts, name)
        key = layout.key_of(name)
        before = rows[key].to_numpy()
        kept, after = _interned(rows.drop_columns([key]))
        base = ordinal << LOCAL_BITS
        tables[name] = kept.add_column(
            0, layout.dimensions[name].field(key), _keys(base, np.arange(len(kept)))
        )
        renamed = _renamed(events[key].to_numpy(), before, after)
        at = events.schema.get_field_index(key)
        events = events.set_column(at, layout.events.field(key), _keys(base, renamed))
    return {EVENTS: events, **tables}


def _read(store: Store, parts: Sequence[Part], name: str) -> pa.Table:
    paths = [store.root / file.path for part in parts for file in part.of_table(name)]
    try:
        return pa.concat_tables(pq.ParquetFile(path).read() for path in paths)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{store.root}: {error}; `falcolab lake verify` tells more") from None


def _in_order(events: pa.Table) -> pa.Table:
    """Events by part and number, as they were ingested."""
    order = np.lexsort((events["num"].to_numpy(), events[PART].to_numpy()))
    return events.take(pa.array(order))


def _interned(rows: pa.Table) -> tuple[pa.Table, Indices]:
    """The distinct rows, and for each of all rows the position of its like among these."""
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in rows.schema.names)
    groups = f"SELECT min(_row) AS first, list(_row) AS every FROM stored GROUP BY {columns}"  # noqa: S608
    with duckdb.connect() as connection:
        connection.register("stored", rows.append_column("_row", pa.array(np.arange(rows.num_rows))))
        found = connection.execute(f"SELECT unnest(every) AS place, first FROM ({groups})").fetchnumpy()  # noqa: S608
    first = np.empty(rows.num_rows, np.int64)
    first[found["place"]] = found["first"]
    distinct = np.unique(first)
    return rows.take(pa.array(distinct)), np.searchsorted(distinct, first)


def _renamed(keys: Indices, before: Indices, after: Indices) -> Indices:
    """For keys of rows the rows that stand for them now."""
    order = np.argsort(before)
    return after[order[np.searchsorted(before, keys, sorter=order)]]


def _keys(base: int, rows: Indices) -> pa.Array:
    return pa.array(base | rows)
