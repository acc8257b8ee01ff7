"""A crash-safe journal: what has been received is on disk before anybody is told so."""

from capture.journal.audit import AUDIT, AuditSink, frame_of
from capture.journal.delivery import Delivered, Encode, Encoding, PlainEncoding, deliver, deliver_all
from capture.journal.errors import JournalError, JournalFullError
from capture.journal.frame import MAX_PAYLOAD, Frame
from capture.journal.journal import Journal, Opening
from capture.journal.kinds import Kind
from capture.journal.recovery import Recovery
from capture.journal.segment import Break, Segment, SegmentReader

__all__ = [
    "AUDIT",
    "MAX_PAYLOAD",
    "AuditSink",
    "Break",
    "Delivered",
    "Encode",
    "Encoding",
    "Frame",
    "Journal",
    "JournalError",
    "JournalFullError",
    "Kind",
    "Opening",
    "PlainEncoding",
    "Recovery",
    "Segment",
    "SegmentReader",
    "deliver",
    "deliver_all",
    "frame_of",
]
