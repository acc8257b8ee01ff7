"""Sealed segments become captures of the lake, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from capture.journal.errors import JournalError
from capture.journal.frame import Frame
from capture.journal.journal import Journal
from capture.journal.segment import Segment, SegmentReader
from falcolab.lake.capture_writer import CaptureWriter, ingesting
from falcolab.lake.store import Store

PATIENCE = 60.0
"""How many seconds to wait while somebody else, such as a compaction, writes to the lake."""


class Encode(Protocol):
    """Turns the frames of a segment into the parts of a capture."""

    def __call__(self, frames: Iterator[Frame], writer: CaptureWriter, digest: str, /) -> int:
        """Stage the parts; gives how many items were rejected.

        Args:
            frames: of the kinds that were asked for, in order.
            writer: takes the parts; it is committed by the caller.
            digest: of the segment.
        """


class Encoding(Protocol):
    """How frames become events of one source."""

    @property
    def source(self) -> str:
        """The event source."""

    @property
    def kinds(self) -> frozenset[int]:
        """Of the frames that it is made from."""

    @property
    def encode(self) -> Encode:
        """Makes the parts."""


@dataclass(frozen=True, slots=True)
class PlainEncoding:
    """How frames become events of one source.

    Attributes:
        source: the event source.
        kinds: of the frames that it is made from.
        encode: makes the parts.
    """

    source: str
    kinds: frozenset[int]
    encode: Encode


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a segment.

    Attributes:
        segment: the segment.
        events: how many each source got now; one that had its events already is not there.
        damage: why not all of the segment could be used; empty when it could.
    """

    segment: Segment
    events: dict[str, int]
    damage: str = ""


def deliver(segment: Segment, lake: Path, encodings: Sequence[Encoding]) -> Delivered:
    """Have the events of a segment in the lake: one capture per source, with the digest of the segment.

    A source that has a capture with that digest is left alone, so that it does no harm to deliver a
    segment again. Of a damaged segment, what stands before the damage is delivered.

    Args:
        segment: a sealed one.
        lake: the lake's folder; the lake is made if it does not exist.
        encodings: at most one for each source.

    Raises:
        JournalError: the segment cannot be read, or the lake not be written, as on a full disk.
        InputError: the lake is none, or somebody else is writing to it.
    """
    digest = segment.digest()
    try:
        with ingesting(lake, PATIENCE) as store:
            outcomes = [_deliver(store, segment, digest, encoding) for encoding in encodings]
    except OSError as error:
        reason = error.strerror or error
        raise JournalError(f"{segment.path}: stays, for {lake} cannot be written: {reason}") from None
    events = {source: count for source, count, _ in outcomes if count is not None}
    damages = [damage for _, _, damage in outcomes if damage]
    return Delivered(segment, events, damages[0] if damages else "")


def _deliver(store: Store, segment: Segment, digest: str, encoding: Encoding) -> tuple[str, int | None, str]:
    """The source, how many events it got now, and what is wrong with the segment."""
    writer = CaptureWriter(store, f"journal segment {segment.number}", encoding.source)
    known = writer.known(digest)
    if known is not None:
        return encoding.source, None, known.damage
    reader = SegmentReader(segment.path)
    frames = (frame for frame in reader if frame.kind in encoding.kinds)
    rejected = encoding.encode(frames, writer, digest)
    for _ in frames:
        pass  # an encoder may have had enough; where the segment breaks off is to be known all the same
    damage = str(reader.broken) if reader.broken else ""
    if not writer.parts and not rejected:
        return encoding.source, 0, damage
    return encoding.source, writer.commit(digest, rejected=rejected, damage=damage), damage


def deliver_all(journal: Journal, lake: Path, encodings: Sequence[Encoding]) -> Iterable[Delivered]:
    """Deliver all sealed segments, the oldest first, and release them.

    A damaged one is set aside in the journal's folder instead, for people to look at.

    Raises:
        JournalError, InputError: one cannot be delivered now; it and those after it stay.
    """
    for segment in journal.sealed():
        delivered = deliver(segment, lake, encodings)
        if delivered.damage:
            journal.set_aside(segment)
        else:
            journal.release(segment)
        yield delivered
