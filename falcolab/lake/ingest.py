"""Captures into the lake: read, encode, write Parquet, commit; or nothing at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.encoder import AuditEncoder
from falcolab.lake.manifest import Capture, DataFile, Part, file_digest
from falcolab.lake.schema import EVENTS
from falcolab.lake.store import Store
from falcolab.sources.k8s_audit import AuditEvent, Rejected, read_events

PART_EVENTS = 1_000_000
"""How many events share one set of dimensions; bounds the memory that ingestion needs."""

ROW_GROUP = 131_072
_HOUR = 3_600 * 10**9
_GZIP_MAGIC = b"\x1f\x8b"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of ingesting one file.

    Attributes:
        name: of the file.
        digest: of its content.
        events: how many were added.
        rejected: how many items were quarantined.
        known: whether the lake had the content already, so that nothing was added.
        quarantine: the file that names what was rejected, if anything was.
    """

    name: str
    digest: str
    events: int
    rejected: int
    known: bool
    quarantine: Path | None


class _Digesting(io.RawIOBase):
    """A stream that remembers the digest of what was read from it."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        self.sha256.update(data)
        buffer[: len(data)] = data
        return len(data)


def ingest_k8s_audit(lake: str | Path, file: str | Path, progress: Progress | None = None) -> Ingested:
    """Add a Kubernetes audit log to a lake, which is made if it does not exist.

    Args:
        lake: the lake's folder.
        file: one JSON object, JSON lines or an EventList, plain or gzip; ``-`` is standard input.
        progress: called now and then with the number of events so far.

    Raises:
        InputError: the file cannot be read, breaks off or holds no audit event; the lake is then unchanged.
    """
    if str(file) == "-":
        return _ingest(lake, "standard input", sys.stdin.buffer, progress)
    try:
        with Path(file).open("rb") as stream:
            return _ingest(lake, str(file), stream, progress)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None


def _ingest(lake: str | Path, name: str, stream: IO[bytes], progress: Progress | None) -> Ingested:
    existed = (Path(lake) / "lake.json").exists()
    store = Store.create(lake)
    try:
        with store.writing():
            return _CaptureWriter(store, name, progress).write(stream)
    except BaseException:
        if not existed and not store.captures():
            _remove_empty_lake(store)
        raise


def _remove_empty_lake(store: Store) -> None:
    """Take back a lake that was made for a capture which then failed."""
    for path in (store.root / "lake.json", store.root / ".lock"):
        path.unlink(missing_ok=True)
    for folder in (store.quarantine, store.root):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _uncompressed(stream: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.peek(2)[:2]  # type: ignore[attr-defined]
    return gzip.GzipFile(fileobj=buffered) if head == _GZIP_MAGIC else buffered


@dataclass(slots=True)
class _Times:
    """The first, earliest and latest time seen."""

    first: int | None = None
    low: int | None = None
    high: int | None = None

    def add(self, moment: int) -> None:
        if self.first is None or self.low is None or self.high is None:
            self.first = self.low = self.high = moment
        elif moment < self.low:
            self.low = moment
        elif moment > self.high:
            self.high = moment


@dataclass(slots=True)
class _CaptureWriter:
    store: Store
    name: str
    progress: Progress | None
    parts: list[Part] = field(default_factory=list)
    rejected: int = 0
    damaged: bool = False
    times: _Times = field(default_factory=_Times)

    def write(self, stream: IO[bytes]) -> Ingested:
        digesting = _Digesting(_uncompressed(stream))
        quarantine = self.store.stage("quarantine.jsonl")
        with quarantine.open("w") as rejects:
            events = self._consume(io.BufferedReader(digesting, 1 << 20), rejects)
        digest = digesting.sha256.hexdigest()
        if not events and not self.damaged:
            raise InputError(f"{self.name}: holds no Kubernetes audit event")
        known = next((c for c in self.store.captures() if c.digest == digest), None)
        if known is not None:
            return Ingested(self.name, digest, 0, known.rejected, known=True, quarantine=None)
        kept = self._publish(quarantine, digest)
        self.store.commit(self._capture(digest, events))
        return Ingested(self.name, digest, events, self.rejected, known=False, quarantine=kept)

    def _consume(self, stream: IO[bytes], rejects: IO[str]) -> int:
        captures = self.store.captures()
        ordinal = 1 + max((part.ordinal for c in captures for part in c.parts), default=0)
        encoder, num = AuditEncoder(ordinal), 0
        for item in self._read(stream):
            if isinstance(item, Rejected):
                self._reject(item, rejects)
                continue
            num += 1
            encoder.add(item, num)
            self.times.add(item.time)
            if len(encoder) >= PART_EVENTS:
                self._close_part(encoder, ordinal)
                ordinal += 1
                encoder = AuditEncoder(ordinal)
            if self.progress is not None and num % 10_000 == 0:
                self.progress(num)
        if len(encoder):
            self._close_part(encoder, ordinal)
        return num

    def _read(self, stream: IO[bytes]) -> Iterator[AuditEvent | Rejected]:
        try:
            yield from read_events(stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{self.name}: compressed data breaks off or is damaged: {error}") from None

    def _reject(self, item: Rejected, rejects: IO[str]) -> None:
        self.rejected += 1
        self.damaged |= item.damaged
        line = {
            "file": self.name,
            "line": item.line,
            "offset": item.offset,
            "reason": item.reason,
            "content": item.content.decode(errors="backslashreplace"),
        }
        rejects.write(json.dumps(line) + "\n")

    def _close_part(self, encoder: AuditEncoder, ordinal: int) -> None:
        files: list[DataFile] = []
        for table_name, table in encoder.tables().items():
            if table_name == EVENTS:
                files += [self._stage(path, EVENTS, rows) for path, rows in _partitions(table, ordinal)]
            else:
                path = f"{table_name}/source={K8S_AUDIT}/{ordinal:08d}.parquet"
                files.append(self._stage(path, table_name, table))
        self.parts.append(Part(ordinal, len(encoder), tuple(files)))

    def _stage(self, relative: str, table_name: str, table: pa.Table) -> DataFile:
        path = self.store.stage(relative)
        pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)
        return DataFile(relative, table_name, table.num_rows, path.stat().st_size, file_digest(path))

    def _publish(self, quarantine: Path, digest: str) -> Path | None:
        kept = None
        if self.rejected:
            relative = f"quarantine/{digest[:12]}.jsonl"
            quarantine.rename(self.store.stage(relative))
            self.store.publish(relative)
            kept = self.store.root / relative
        for part in self.parts:
            for file in part.files:
                self.store.publish(file.path)
        return kept

    def _capture(self, digest: str, events: int) -> Capture:
        number = 1 + max((capture.number for capture in self.store.captures()), default=0)
        times = self.times
        return Capture(
            digest=digest,
            name=self.name,
            source=K8S_AUDIT,
            events=events,
            rejected=self.rejected,
            first_time=times.first,
            min_time=times.low,
            max_time=times.high,
            number=number,
            ingested=time.time_ns(),
            parts=tuple(self.parts),
        )


def _partitions(events: pa.Table, ordinal: int) -> Iterator[tuple[str, pa.Table]]:
    """Events by hour (UTC), with the file that each hour goes to; the order within is kept."""
    hours = pc.divide(events["time"], _HOUR)
    for hour in np.unique(hours.to_numpy()):
        start = datetime.fromtimestamp(int(hour) * 3600, UTC)
        folder = f"events/source={K8S_AUDIT}/date={start:%Y-%m-%d}/hour={start:%H}"
        yield f"{folder}/{ordinal:08d}.parquet", events.filter(pc.equal(hours, int(hour)))
