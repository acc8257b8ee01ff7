"""Checking a lake: files, checksums, schemas, row counts, keys and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.layout import EVENTS, PART, Layout, layout_of
from falcolab.lake.manifest import Capture, DataFile, Origin, Part, file_digest
from falcolab.lake.schema import LOCAL_BITS
from falcolab.lake.store import Store

_LOCAL = (1 << LOCAL_BITS) - 1


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a lake.

    Attributes:
        path: the file, relative to the lake, or the capture's name.
        message: what is wrong, and what to do.
    """

    path: str
    message: str


def verify(store: Store) -> list[Problem]:
    """Everything that is wrong with a lake; an empty list when all is well."""
    captures = store.captures()
    problems = [problem for capture in captures for problem in _verify_capture(store, capture)]
    return problems + list(_strays(store, store.all_captures()))


def _verify_capture(store: Store, capture: Capture) -> Iterator[Problem]:
    layout = layout_of(capture.source)
    total = sum(part.events for part in capture.parts)
    if total != capture.events:
        yield Problem(capture.name, f"its parts hold {total} events, its manifest says {capture.events}")
    ids = []
    for part in capture.parts:
        damaged = [problem for file in part.files for problem in _verify_file(store.root, file, layout)]
        yield from damaged
        if not damaged:
            yield from _verify_keys(store, part, layout)
            ids.append((_read(store, part, EVENTS, PART), _read(store, part, EVENTS, "num")))
    if ids and sum(len(parts) for parts, _ in ids) == capture.events:
        parts, numbers = (np.concatenate(each) for each in zip(*ids, strict=True))
        for origin in capture.origins:
            yield from _verify_numbers(capture, origin, np.sort(numbers[np.isin(parts, origin.parts)]))


def _verify_numbers(capture: Capture, origin: Origin, found: npt.NDArray[np.int64]) -> Iterator[Problem]:
    """Audit events are numbered without gaps; of system calls some are numbered that rules never see."""
    again = "ingest the capture again"
    if (found[1:] == found[:-1]).any() or (found < 1).any():
        yield Problem(origin.name, f"two of its events have one number; {again}")
    elif capture.pruned:
        return
    elif len(found) != origin.events:
        yield Problem(origin.name, f"{len(found)} of its {origin.events} events are there; {again}")
    elif capture.source == K8S_AUDIT and len(found) and found[-1] != origin.events:
        yield Problem(origin.name, f"its events are not numbered without gaps; {again}")


def _verify_file(root: Path, file: DataFile, layout: Layout) -> Iterator[Problem]:
    path = root / file.path
    again = "restore it, or remove the capture and ingest it again"
    if not path.is_file():
        yield Problem(file.path, f"missing; {again}")
        return
    if path.stat().st_size != file.bytes or file_digest(path) != file.sha256:
        yield Problem(file.path, f"its content has changed since it was written; {again}")
        return
    parquet = pq.ParquetFile(path)
    if parquet.metadata.num_rows != file.rows:
        yield Problem(file.path, f"has {parquet.metadata.num_rows} rows instead of {file.rows}; {again}")
    if not parquet.schema_arrow.equals(layout.schema_of(file.table)):
        yield Problem(file.path, "has another schema than this falcolab writes")


def _read(store: Store, part: Part, table: str, column: str) -> npt.NDArray[np.int64]:
    files = part.of_table(table)
    chunks = [pq.ParquetFile(store.root / file.path).read(columns=[column])[column] for file in files]
    return np.concatenate([chunk.to_numpy() for chunk in chunks])


def _verify_keys(store: Store, part: Part, layout: Layout) -> Iterator[Problem]:
    for table in layout.dimensions:
        rows = sum(file.rows for file in part.of_table(table))
        keys = _read(store, part, EVENTS, layout.key_of(table))
        if (len(keys) and ((keys >> LOCAL_BITS) != part.ordinal).any()) or (keys & _LOCAL >= rows).any():
            yield Problem(part.of_table(EVENTS)[0].path, f"refers to rows that {table} does not have")
    if not np.isin(_read(store, part, EVENTS, PART), part.prefixes).all():
        yield Problem(part.of_table(EVENTS)[0].path, "has events of parts that its manifest does not name")


def _strays(store: Store, captures: list[Capture]) -> Iterator[Problem]:
    known = {file.path for capture in captures for part in capture.parts for file in part.files}
    for path in sorted(store.root.glob("*/source=*/**/*.parquet")):
        relative = str(path.relative_to(store.root))
        if relative not in known:
            yield Problem(
                relative, "belongs to no capture (an interrupted ingest); the next ingest removes it"
            )
