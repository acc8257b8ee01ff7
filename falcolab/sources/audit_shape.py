"""Lines that differ only in the event's id and times: all but those is read once.

Most requests of a cluster are the same few, over and over: a kubelet renews its lease, a
controller looks at its list. What such lines have in common is their shape. A line of a
known shape needs no JSON parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from falcolab.fields.rawjson import BadJsonError, parse_object
from falcolab.sources.audit_time import start_of

Frame = tuple[bytes, bytes, bytes]
"""The text before the id, between the id and the times, and after the times."""

Brief = tuple[int, int, str, Frame]
"""What is an event's own, and the text around it: the times of stage and request (ns), id, frame."""

_ID = b'"auditID":"'
_ID_LENGTH = 36
_ID_BYTES = b"0123456789abcdefABCDEF-"
_RECEIVED = b'"requestReceivedTimestamp":"'
_STAGED = b'Z","stageTimestamp":"'
_SECOND = len("2026-11-23T17:13:58.")
_STAMP = _SECOND + len("245907")
_STAGE = _STAMP + len(_STAGED)
_TIMES = _STAGE + _STAMP

_MARKS = 2**18
"""How many frames that came once are remembered, by a number; then all are forgotten."""

_PROBE_ID = b"00000000-0000-0000-0000-000000000000"
_PROBE_TIMES = b"1970-01-01T00:00:00.000000", b"1970-01-01T00:00:00.000001"
_PROBE = {
    "kind": b'"Event"',
    "auditID": b'"%s"' % _PROBE_ID,
    "requestReceivedTimestamp": b'"%sZ"' % _PROBE_TIMES[0],
    "stageTimestamp": b'"%sZ"' % _PROBE_TIMES[1],
}


def brief(line: bytes) -> Brief | None:
    """A line taken apart, if it looks like those that the API server writes."""
    first = line.rfind(_RECEIVED) + len(_RECEIVED)
    times = line[first : first + _TIMES]
    begin = line.find(_ID) + len(_ID)
    end = begin + _ID_LENGTH
    audit_id = line[begin:end]
    micro, stage_micro = times[_SECOND:_STAMP], times[_STAGE + _SECOND :]
    if first < end or times[_STAMP:_STAGE] != _STAGED or audit_id.translate(None, _ID_BYTES):
        return None
    start, stage_start = start_of(times[:_SECOND]), start_of(times[_STAGE : _STAGE + _SECOND])
    if start is None or stage_start is None or not (micro + stage_micro).isdigit():
        return None
    time, received = stage_start + int(stage_micro) * 1000, start + int(micro) * 1000
    return time, received, audit_id.decode(), (line[:begin], line[end:first], line[first + _TIMES :])


def agrees(frame: Frame, line: bytes, members: Mapping[str, Any]) -> bool:
    """Whether what a line was taken apart into is what the members of its event say."""
    begin, end = len(frame[0]), len(line) - len(frame[2])
    times = line[end - _TIMES - 1 : end + 2]
    return (
        times[_STAGE:] == bytes(members["stageTimestamp"])
        and line[begin - 1 : begin + _ID_LENGTH + 1] == bytes(members.get("auditID", b""))
        and times[: _STAMP + 3] == bytes(members.get("requestReceivedTimestamp", b""))
    )


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
    changed = b"".join((before, _PROBE_ID, between, _STAGED.join(_PROBE_TIMES), after))
    try:
        members = parse_object(changed)
    except BadJsonError:
        return False
    return changed.startswith(b"{") and all(
        bytes(members.get(name, b"")) == text for name, text in _PROBE.items()
    )
