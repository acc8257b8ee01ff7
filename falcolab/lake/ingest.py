"""Captures into the lake: read, encode, write Parquet, commit; or nothing at all."""

from __future__ import annotations

import gc
import gzip
import io
import json
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.encoder import AuditEncoder
from falcolab.lake.manifest import Capture, Part
from falcolab.lake.schema import EVENTS
from falcolab.lake.store import Store
from falcolab.lake.stream import DigestingStream, uncompressed
from falcolab.lake.writer import write_part
from falcolab.sources.k8s_audit import AuditEvent, Rejected, read_events

PART_EVENTS = 1_000_000
"""How many events share one set of dimensions; bounds the memory that ingestion needs."""

PART_BYTES = 256 * 2**20
"""How much text they may hold, for the same reason."""

_CHECKED = 100
_LARGE = 2**20
_REPORTED = 10_000

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
    with store.writing(), _without_cycle_collector():
        try:
            return _CaptureWriter(store, name, progress).write(stream)
        except BaseException:
            if not existed and not store.captures():
                store.remove_empty()
            raise


@contextmanager
def _without_cycle_collector() -> Iterator[None]:
    """Encoding makes no cycles, and looking for some among millions of rows costs a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(slots=True)
class _Times:
    """The first, earliest and latest time seen."""

    first: int | None = None
    low: int | None = None
    high: int | None = None

    def add(self, moments: npt.NDArray[np.int64]) -> None:
        """See more times, in event order."""
        low, high = int(moments.min()), int(moments.max())
        if self.first is None or self.low is None or self.high is None:
            self.first, self.low, self.high = int(moments[0]), low, high
        else:
            self.low, self.high = min(self.low, low), max(self.high, high)


def _is_full(encoder: AuditEncoder) -> bool:
    return len(encoder) >= PART_EVENTS or encoder.size >= PART_BYTES


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
        digesting = DigestingStream(uncompressed(stream))
        quarantine = self.store.stage("quarantine.jsonl")
        with quarantine.open("w") as rejects:
            events = self._consume(io.BufferedReader(digesting, 1 << 20), rejects)
        digest = digesting.digest()
        if not events and not self.damaged:
            raise InputError(f"{self.name}: holds no Kubernetes audit event")
        known = next((c for c in self.store.captures() if c.digest == digest), None)
        if known is not None:
            return Ingested(self.name, digest, 0, known.rejected, known=True, quarantine=None)
        kept = self._publish(quarantine, digest)
        self.store.commit(self._capture(digest, events))
        return Ingested(self.name, digest, events, self.rejected, known=False, quarantine=kept)

    def _consume(self, stream: IO[bytes], rejects: IO[str]) -> int:
        ordinal = 1 + max((part.ordinal for c in self.store.captures() for part in c.parts), default=0)
        encoder, num = AuditEncoder(ordinal, 1), 0
        for item in self._read(stream):
            if isinstance(item, Rejected):
                self._reject(item, rejects)
                continue
            num += 1
            encoder.add(item)
            if (num % _CHECKED == 0 or len(item.raw) > _LARGE) and _is_full(encoder):
                self._close_part(encoder, ordinal)
                ordinal += 1
                encoder = AuditEncoder(ordinal, num + 1)
            if num % _REPORTED == 0 and self.progress is not None:
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
        tables = encoder.tables()
        self.times.add(tables[EVENTS]["time"].to_numpy())
        self.parts.append(write_part(self.store, ordinal, tables))

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
