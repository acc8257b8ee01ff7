"""Lines that differ only in the event's id and times: all but those is read once.

Most requests of a cluster are the same few, over and over: a kubelet renews its lease, a
controller looks at its list. What such lines have in common is their shape. A line of a
known shape needs no JSON parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple

from falcolab.fields.rawjson import BadJsonError, parse_object
from falcolab.sources.audit_time import STAMP, start_of

Frame = tuple[bytes, bytes, bytes]
"""The text before the id, between the id and the times, and after the times."""

_ID = b'"auditID":"'
_ID_LENGTH = 36
_ID_BYTES = b"0123456789abcdefABCDEF-"
_RECEIVED = b'"requestReceivedTimestamp":"'
_STAGED = b'","stageTimestamp":"'
_MARKS = 2**18
_STAMP_LENGTH = 27
_TIMES_LENGTH = 2 * _STAMP_LENGTH + len(_STAGED)
_TIMES = re.compile(_RECEIVED + STAMP + _STAGED + STAMP)

_PROBE = {
    "auditID": b"00000000-0000-0000-0000-000000000000",
    "requestReceivedTimestamp": b"1970-01-01T00:00:00.000000Z",
    "stageTimestamp": b"1970-01-01T00:00:00.000001Z",
}


class Brief(NamedTuple):
    """What is an event's own, and the text around it.

    Attributes:
        time: of its stage, ns.
        received: when its request came in, ns.
        audit_id: as text.
        frame: the rest of its line.
    """

    time: int
    received: int
    audit_id: str
    frame: Frame

    def agrees(self, line: bytes, members: Mapping[str, Any]) -> bool:
        """Whether the members of the line's event have these values."""
        begin, end = len(self.frame[0]), len(line) - len(self.frame[2])
        return (
            line[end - _STAMP_LENGTH - 1 : end + 1] == bytes(members["stageTimestamp"])
            and line[begin - 1 : begin + _ID_LENGTH + 1] == bytes(members.get("auditID", b""))
            and line[end - _TIMES_LENGTH - 1 : end - _TIMES_LENGTH + _STAMP_LENGTH + 1]
            == bytes(members.get("requestReceivedTimestamp", b""))
        )


def brief(line: bytes) -> Brief | None:
    """A line taken apart, if it looks like those that the API server writes."""
    times = _TIMES.match(line, line.rfind(_RECEIVED))
    if times is None:
        return None
    second, micro, staged_second, staged_micro = times.groups()
    start = staged_start = start_of(second)
    if staged_second != second:
        staged_start = start_of(staged_second)
    begin = line.find(_ID) + len(_ID)
    end = begin + _ID_LENGTH
    audit_id = line[begin:end]
    if start is None or staged_start is None or audit_id.translate(None, _ID_BYTES):
        return None
    received, time = start + int(micro) * 1000, staged_start + int(staged_micro) * 1000
    first, last = times.span()
    return Brief(time, received, audit_id.decode(), (line[:begin], line[end:first], line[last:]))


class Shapes:
    """Numbers for the frames of lines that come again and have been proved to be events.

    Args:
        limit: how many bytes of frames are kept; then all are forgotten and learned anew.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        self._limit = limit
        self._numbers: dict[Frame, int] = {}
        self._bytes = 0
        self._next = count(1)
        self._seen: set[int] = set()

    def get(self, frame: Frame) -> int | None:
        """The number of the frame of a line, from the second time on that it comes."""
        number = self._numbers.get(frame)
        if number is not None:
            return number
        mark = hash(frame)
        if mark in self._seen:
            return self._learn(frame) if _is_proved(frame) else None
        if len(self._seen) >= _MARKS:
            self._seen.clear()
        self._seen.add(mark)
        return None

    def _learn(self, frame: Frame) -> int:
        self._bytes += sum(map(len, frame))
        if self._bytes > self._limit:
            self._numbers.clear()
            self._bytes = 0
        number = self._numbers[frame] = next(self._next)
        return number


def _is_proved(frame: Frame) -> bool:
    """Whether a line is an event and its own values are where they seem to be.

    Something that looks like them may be part of a name that an attacker has chosen. The proof
    is to change the three strings and to find the change in the members of the event.
    """
    before, between, after = frame
    audit_id, received, staged = _PROBE.values()
    changed = before + audit_id + between + _RECEIVED + received + _STAGED + staged + after
    try:
        members = parse_object(changed)
    except BadJsonError:
        return False
    if not changed.startswith(b"{") or bytes(members.get("kind", b"")) != b'"Event"':
        return False
    return all(bytes(members.get(name, b"")) == b'"' + text + b'"' for name, text in _PROBE.items())
