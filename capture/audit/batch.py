"""A piece of audit log or the body of a request, taken apart into events and what is none."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

from falcolab.sources.k8s_audit import AuditEvent, Rejected, read_events


class TooManyError(ValueError):
    """There are more events in it than may be."""


@dataclass(slots=True)
class Batch:
    """What goes to the sink together.

    Attributes:
        events: JSON texts, each on one line.
        rejected: what is no event, with its place.
    """

    events: list[bytes] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.events) + len(self.rejected)

    @classmethod
    def of(cls, content: bytes, most: int) -> Batch:
        """The events of a document: one, many in a list or an array, or one a line.

        Args:
            content: the document.
            most: how many there may be.

        Raises:
            TooManyError: there are more.
        """
        batch = cls()
        for item in read_events(io.BytesIO(content)):
            if len(batch) == most:
                raise TooManyError
            batch._add(item)
        return batch

    @classmethod
    def of_lines(cls, content: bytes) -> Batch:
        """The events of a piece of log, in which a damaged line never reaches beyond its end."""
        batch = cls()
        # Only a first line is taken for the beginning of a document of many lines: this one is empty.
        for item in read_events(io.BytesIO(b"\n" + content)):
            batch._add(item if isinstance(item, AuditEvent) else replace(item, offset=item.offset - 1))
        return batch

    def _add(self, item: AuditEvent | Rejected) -> None:
        if isinstance(item, AuditEvent):
            self.events.append(_on_one_line(item.raw))
        else:
            self.rejected.append(item)


def _on_one_line(raw: bytes) -> bytes:
    # Between the tokens of JSON a blank is as good as the end of a line; within them there is none.
    return raw.strip().replace(b"\n", b" ")
