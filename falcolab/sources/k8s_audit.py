"""Kubernetes audit logs: one object, JSON lines, arrays or ``EventList``, plain or gzip.

An event is what Falco's plugin takes for one (``source.go`` of ``plugins/k8saudit``): an
object of kind ``Event`` with a ``stageTimestamp`` in RFC 3339. Everything else is reported
with its place, and reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import IO

from falcolab.fields.rawjson import BadJsonError, Json, parse

MAX_LINE_BYTES = 256 * 2**20
"""A line longer than this is not read into memory but quarantined by its beginning."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One audit event: when it happened (ns since 1970) and its JSON."""

    time: int
    json: Json


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something in a log that is no event.

    Attributes:
        line: counted from 1.
        offset: of the line's first byte.
        reason: why it is none.
        content: the line's bytes, the first part of them for very long lines.
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
    offset = 0
    for number, line in enumerate(_lines(stream), 1):
        if line.strip():
            results = list(_parse_line(line, number, offset))
            if number == 1 and _is_open_document(line, results):
                yield from _whole_document(line, stream)
                return
            yield from results
        offset += len(line)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line
        while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            # The rest of an endless line: skipped in pieces, never kept.
            line = stream.readline(MAX_LINE_BYTES + 1)


def _is_open_document(line: bytes, results: list[AuditEvent | Rejected]) -> bool:
    stripped = line.strip()
    broken = (
        len(results) == 1 and isinstance(results[0], Rejected) and results[0].reason.startswith("no JSON")
    )
    return broken and stripped[:1] in (b"{", b"[") and not stripped.endswith((b"}", b"]"))


def _whole_document(first: bytes, stream: IO[bytes]) -> Iterator[AuditEvent | Rejected]:
    content = first + stream.read(MAX_LINE_BYTES)
    yield from _parse_line(content, 1, 0)


def _parse_line(line: bytes, number: int, offset: int) -> Iterator[AuditEvent | Rejected]:
    content = line.rstrip(b"\r\n")
    if len(content) > MAX_LINE_BYTES:
        reason = f"longer than {MAX_LINE_BYTES >> 20} MiB"
        yield Rejected(number, offset, reason, content[:4096])
        return
    try:
        for result in _events(parse(content)):
            if isinstance(result, AuditEvent):
                yield result
            else:
                yield Rejected(number, offset, result.reason, content, result.damaged)
    except BadJsonError as error:
        yield Rejected(number, offset, f"no JSON: {error}", content)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Why something is no event, and whether it claims to be one."""

    reason: str
    damaged: bool = True


def _events(value: Json, depth: int = 0) -> Iterator[AuditEvent | _Flaw]:
    """The events in a value; a flaw in the place of one says why it is none."""
    if value.is_array and depth < 100:
        for element in value.elements():
            yield from _events(element, depth + 1)
        return
    kind = value.get("kind")
    name = kind.text() if kind is not None and kind.is_string else None
    if name == "Event":
        yield _event(value)
    elif name == "EventList":
        items = value.get("items")
        for item in items.elements() if items is not None else ():
            yield _event(item)
    elif kind is not None and name is None:
        yield _Flaw("audit event whose kind is no text")
    else:
        reason = "not a Kubernetes audit event: its kind is neither Event nor EventList"
        yield _Flaw(reason, damaged=False)


def _event(value: Json) -> AuditEvent | _Flaw:
    stamp = value.get("stageTimestamp")
    if stamp is None or not stamp.is_string:
        return _Flaw("audit event without stageTimestamp")
    time = parse_time(stamp.text())
    if time is None:
        return _Flaw("audit event whose stageTimestamp is no RFC 3339 time")
    return AuditEvent(time, value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> int | None:
    """Nanoseconds since 1970 of an RFC 3339 time; None where the text is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    seconds = _seconds(match[1], match[3])
    if seconds is None:
        return None
    return seconds * 10**9 + int(((match[2] or "") + "0" * 9)[:9])


@lru_cache(maxsize=4096)
def _seconds(date_time: str, zone: str) -> int | None:
    try:
        moment = datetime.strptime(date_time, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 24 or minutes > 60:
            return None
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        if abs(offset) >= timedelta(days=1):
            return None
        moment = moment.replace(tzinfo=timezone(offset))
    else:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1)
