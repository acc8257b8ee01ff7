"""Kubernetes audit logs into the lake."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.audit_intake import AuditIntake
from falcolab.lake.capture_writer import CaptureWriter, Ingested, Progress, ingesting
from falcolab.lake.store import Store
from falcolab.lake.stream import DigestingStream, uncompressed
from falcolab.sources.k8s_audit import AuditEvent, Rejected, read_events


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
        return _ingest_into(store, name, stream, progress)


def _ingest_into(store: Store, name: str, stream: IO[bytes], progress: Progress | None) -> Ingested:
    digesting = DigestingStream(uncompressed(stream))
    intake = AuditIntake(CaptureWriter(store, name, K8S_AUDIT), progress)
    intake.take(_read(io.BufferedReader(digesting, 1 << 20), name))
    digest, writer = digesting.digest(), intake.writer
    if not intake.events and not intake.damaged:
        why = f"; {intake.reason}" if intake.reason else ""
        raise InputError(f"{name}: holds no Kubernetes audit event{why}")
    known = writer.known(digest)
    if known is not None:
        return Ingested(name, digest, 0, known.rejected, known=True)
    kept = intake.keep_rejected(digest)
    writer.commit(digest, rejected=intake.rejected)
    return Ingested(name, digest, intake.events, intake.rejected, quarantine=kept)


def _read(stream: IO[bytes], name: str) -> Iterator[AuditEvent | Rejected]:
    try:
        yield from read_events(stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{name}: compressed data breaks off or is damaged: {error}") from None
