"""Kubernetes audit events on their way into a capture; what is no event goes to a quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from falcolab.lake.capture_writer import PART_BYTES, PART_EVENTS, CaptureWriter, Progress
from falcolab.lake.encoder import AuditEncoder
from falcolab.sources.k8s_audit import AuditEvent, Rejected

_CHECKED = 100
_LARGE = 2**20
_REPORTED = 10_000


@dataclass(slots=True)
class AuditIntake:
    """Turns the events of one log into the parts of a capture.

    Attributes:
        writer: of the capture.
        progress: called now and then with the number of events so far.
        events: how many there have been.
        rejected: how many items were none.
        damaged: whether one of those claims to be an audit event.
        reason: why the first of them is none; empty without any.
    """

    writer: CaptureWriter
    progress: Progress | None = None
    events: int = 0
    rejected: int = 0
    damaged: bool = False
    reason: str = ""
    _staged: Path = field(init=False)

    def __post_init__(self) -> None:
        self._staged = self.writer.store.stage("quarantine.jsonl")

    def take(self, items: Iterable[AuditEvent | Rejected]) -> None:
        """Stage all events of a log."""
        with self._staged.open("w") as rejects:
            self._consume(items, rejects)

    def _consume(self, items: Iterable[AuditEvent | Rejected], rejects: IO[str]) -> None:
        encoder, num = AuditEncoder(self.writer.ordinal, 1), 0
        for item in items:
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
        self.events = num

    def _reject(self, item: Rejected, rejects: IO[str]) -> None:
        self.reason = self.reason or f"line {item.line}: {item.reason}"
        self.rejected += 1
        self.damaged |= item.damaged
        line = {
            "file": self.writer.name,
            "line": item.line,
            "offset": item.offset,
            "reason": item.reason,
            "content": item.content.decode(errors="backslashreplace"),
        }
        rejects.write(json.dumps(line) + "\n")

    def keep_rejected(self, digest: str) -> Path | None:
        """Have what was rejected in the lake's quarantine; gives the file, if there is one."""
        if not self.rejected:
            return None
        store = self.writer.store
        kept = store.rejected_file(digest)
        relative = str(kept.relative_to(store.root))
        self._staged.rename(store.stage(relative))
        store.publish(relative)
        return kept


def _is_full(encoder: AuditEncoder) -> bool:
    return len(encoder) >= PART_EVENTS or encoder.size >= PART_BYTES
