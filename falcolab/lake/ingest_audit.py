"""Kubernetes audit logs into the lake; what is no event goes to a quarantine."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.capture_writer import (
    PART_BYTES,
    PART_EVENTS,
    CaptureWriter,
    Ingested,
    Progress,
    ingesting,
)
from falcolab.lake.encoder import AuditEncoder
from falcolab.lake.store import Store
from falcolab.lake.stream import DigestingStream, uncompressed
from falcolab.sources.k8s_audit import AuditEvent, Rejected, read_events

_CHECKED = 100
_LARGE = 2**20
_REPORTED = 10_000


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
    with ingesting(lake) as store:
        return _AuditIngest(store, name, progress).run(stream)


def _is_full(encoder: AuditEncoder) -> bool:
    return len(encoder) >= PART_EVENTS or encoder.size >= PART_BYTES


@dataclass(slots=True)
class _AuditIngest:
    store: Store
    name: str
    progress: Progress | None
    rejected: int = 0
    damaged: bool = False
    reason: str = ""
    writer: CaptureWriter = field(init=False)

    def run(self, stream: IO[bytes]) -> Ingested:
        self.writer = CaptureWriter(self.store, self.name, K8S_AUDIT)
        digesting = DigestingStream(uncompressed(stream))
        quarantine = self.store.stage("quarantine.jsonl")
        with quarantine.open("w") as rejects:
            events = self._consume(io.BufferedReader(digesting, 1 << 20), rejects)
        digest = digesting.digest()
        if not events and not self.damaged:
            raise InputError(f"{self.name}: holds no Kubernetes audit event{self.reason}")
        known = self.writer.known(digest)
        if known is not None:
            return Ingested(self.name, digest, 0, known.rejected, known=True)
        kept = self._keep(quarantine, digest) if self.rejected else None
        self.writer.commit(digest, rejected=self.rejected)
        return Ingested(self.name, digest, events, self.rejected, quarantine=kept)

    def _consume(self, stream: IO[bytes], rejects: IO[str]) -> int:
        encoder, num = AuditEncoder(self.writer.ordinal, 1), 0
        for item in self._read(stream):
            if isinstance(item, Rejected):
                self._reject(item, rejects)
                continue
            num += 1
            encoder.add(item)
            if (num % _CHECKED == 0 or len(item.raw) > _LARGE) and _is_full(encoder):
                self.writer.add_part(encoder.tables())
                encoder = AuditEncoder(self.writer.ordinal, num + 1)
            if num % _REPORTED == 0 and self.progress is not None:
                self.progress(num)
        self.writer.add_part(encoder.tables())
        return num

    def _read(self, stream: IO[bytes]) -> Iterator[AuditEvent | Rejected]:
        try:
            yield from read_events(stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{self.name}: compressed data breaks off or is damaged: {error}") from None

    def _reject(self, item: Rejected, rejects: IO[str]) -> None:
        self.reason = self.reason or f"; line {item.line}: {item.reason}"
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

    def _keep(self, quarantine: Path, digest: str) -> Path:
        relative = f"quarantine/{digest[:12]}.jsonl"
        quarantine.rename(self.store.stage(relative))
        self.store.publish(relative)
        return self.store.root / relative
