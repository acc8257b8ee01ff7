"""Kubernetes audit logs: one object, JSON lines, arrays or ``EventList``, plain or gzip.

An event is what Falco's plugin takes for one (``source.go`` of ``plugins/k8saudit``): an
object of kind ``Event`` with a ``stageTimestamp`` in RFC 3339. Everything else is reported
with its place, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

from falcolab.fields.rawjson import BadJsonError, Json, parse, parse_object
from falcolab.sources.audit_shape import Brief, Shapes, agrees, brief
from falcolab.sources.audit_time import parse_time
from falcolab.sources.lines import Lines

__all__ = [
    "KEPT_BYTES",
    "MAX_EVENT_BYTES",
    "MAX_LINE_BYTES",
    "AuditEvent",
    "Rejected",
    "parse_time",
    "read_events",
]

MAX_LINE_BYTES = 256 * 2**20
"""A line longer than this is not read into memory but quarantined by its beginning."""

MAX_EVENT_BYTES = 16 * 2**20
"""An event longer than this is quarantined by its beginning; no API server takes a tenth of it."""

KEPT_BYTES = 64 * 2**10
"""How much of something that is no event is kept."""


class AuditEvent(NamedTuple):
    """One audit event.

    Attributes:
        time: when it happened, ns since 1970.
        raw: its JSON text, blanks around it included.
        shape: a number that it shares with events that differ only in their brief; None for odd ones.
        brief: what is its own, where that is as the API server writes it.
        parsed: its JSON, if that has been parsed already.
    """

    time: int
    raw: bytes
    shape: int | None = None
    brief: Brief | None = None
    parsed: Json | None = None

    @property
    def json(self) -> Json:
        """Its JSON, parsed on demand."""
        return self.parsed or Json(self.raw)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something in a log that is no event.

    Attributes:
        line: counted from 1.
        offset: of the line's first byte.
        reason: why it is none.
        content: its bytes, of very long ones the first ``KEPT_BYTES``.
        damaged: whether it claims to be an audit event, so that the file is an audit log all the same.
    """

    line: int
    offset: int
    reason: str
    content: bytes
    damaged: bool = False


def read_events(stream: IO[bytes]) -> Iterator[AuditEvent | Rejected]:
    """The events of a log, in order, with what is rejected in between.

    A document spread over many lines (a pretty-printed EventList) is read as a whole when
    its first line alone is no JSON.

    Raises:
        OSError, EOFError, zlib.error: the stream breaks off.
    """
    lines, shapes, start = Lines(stream, MAX_LINE_BYTES), Shapes(), 0
    following = iter(lines)
    for number, line in enumerate(following, 1):
        plain = _plain_event(line, shapes)
        if plain is not None:
            yield plain
        elif number == 1 and _is_open_document(line):
            yield from _read_document(_joined(line, following), 1, 0)
            return
        elif line.strip():
            yield from _read_document(line, number, start + lines.skipped)
        start += len(line) + 1


def _plain_event(line: bytes, shapes: Shapes) -> AuditEvent | None:
    """The event in a line that holds one and no oddities; None sends it the long way."""
    own = brief(line)
    shape = shapes.get(own[3]) if own is not None else None
    if own is not None and shape is not None:
        return AuditEvent(own[0], line, shape, own)
    if not line.startswith(b"{") or len(line) > MAX_EVENT_BYTES:
        return None
    try:
        members = parse_object(line)
    except BadJsonError:
        return None
    kind, stamp = members.get("kind"), members.get("stageTimestamp")
    if kind is None or stamp is None or bytes(kind) != b'"Event"':
        return None
    if own is not None and agrees(own[3], line, members):
        return AuditEvent(own[0], line, None, own, Json(line, members))
    time = parse_time(bytes(stamp)[1:-1].decode("latin-1"))
    return None if time is None else AuditEvent(time, line, parsed=Json(line, members))


def _joined(first: bytes, following: Iterator[bytes]) -> bytes:
    """All lines as one text, as far as it may go."""
    lines, size = [first], len(first)
    for line in following:
        lines.append(line)
        size += len(line) + 1
        if size > MAX_LINE_BYTES:
            break
    return b"\n".join(lines)


def _is_open_document(line: bytes) -> bool:
    """Whether a line that alone is no JSON may begin a document of many lines."""
    stripped = line.strip()
    if stripped[:1] not in (b"{", b"[") or stripped.endswith((b"}", b"]")):
        return False
    try:
        parse(line)
    except BadJsonError:
        return True
    return False


def _read_document(content: bytes, number: int, offset: int) -> Iterator[AuditEvent | Rejected]:
    if len(content) > MAX_LINE_BYTES:
        yield Rejected(number, offset, f"longer than {MAX_LINE_BYTES >> 20} MiB", content[:KEPT_BYTES])
        return
    try:
        value = parse(content)
    except BadJsonError as error:
        yield Rejected(number, offset, f"no JSON: {error}", content.rstrip(b"\r")[:KEPT_BYTES])
        return
    for result in _events(value):
        if isinstance(result, AuditEvent):
            yield result
        else:
            yield Rejected(number, offset, result.reason, result.content[:KEPT_BYTES], result.damaged)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Why something is no event, and whether it claims to be one."""

    reason: str
    content: bytes
    damaged: bool = True


def _events(value: Json, depth: int = 0) -> Iterator[AuditEvent | _Flaw]:
    """The events in a value; a flaw in the place of one says why it is none."""
    if value.is_array and depth < 100:
        for element in value.each():
            yield from _events(element, depth + 1)
        return
    kind = value.get("kind")
    name = kind.text() if kind is not None and kind.is_string else None
    if name == "Event":
        yield _event(value)
    elif name == "EventList":
        items = value.get("items")
        for item in items.each() if items is not None else ():
            yield _event(item)
    elif kind is not None and name is None:
        yield _Flaw("audit event whose kind is no text", value.raw)
    else:
        reason = "not a Kubernetes audit event: its kind is neither Event nor EventList"
        yield _Flaw(reason, value.raw, damaged=False)


def _event(value: Json) -> AuditEvent | _Flaw:
    if len(value.raw) > MAX_EVENT_BYTES:
        return _Flaw(f"audit event longer than {MAX_EVENT_BYTES >> 20} MiB", value.raw, damaged=False)
    stamp = value.get("stageTimestamp")
    if stamp is None or not stamp.is_string:
        return _Flaw("audit event without stageTimestamp", value.raw)
    time = parse_time(stamp.text())
    if time is None:
        return _Flaw("audit event whose stageTimestamp is no RFC 3339 time", value.raw)
    return AuditEvent(time, value.raw, parsed=value)
