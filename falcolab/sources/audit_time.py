"""Times in audit logs: RFC 3339 texts, and nanoseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_SECOND_TEXT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.")
_STAMP = re.compile(rb'"(.{20})(\d{6})Z"')
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_SECOND = 10**9
_FAR = 9 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> int | None:
    """Nanoseconds since 1970 of an RFC 3339 time; None where the text is none.

    They wrap around outside of the years 1678 to 2261, as they do in Falco.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    seconds = _seconds(match[1], match[3])
    if seconds is None:
        return None
    return _wrapped(seconds * _SECOND + int(((match[2] or "") + "0" * 9)[:9]))


@lru_cache(maxsize=4096)
def start_of(second: bytes) -> int | None:
    """Nanoseconds since 1970 of a time as the API server writes it, up to the point before the microseconds.

    None where ``stamp`` would not give the same text again.
    """
    seconds = _seconds(second[:-1].decode(), "Z") if _SECOND_TEXT.fullmatch(second) else None
    return None if seconds is None or not -_FAR < seconds < _FAR else seconds * _SECOND


def read_stamp(raw: bytes) -> int | None:
    """The time in the JSON text of a string, if it is as the API server writes it."""
    match = _STAMP.fullmatch(raw)
    start = None if match is None else start_of(match[1])
    return None if match is None or start is None else start + int(match[2]) * 1000


def stamp(nanoseconds: int) -> str:
    """A time as the API server writes it."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.isoformat()[:19]}.{rest // 1000:06d}Z"


def _wrapped(nanoseconds: int) -> int:
    return (nanoseconds + 2**63) % 2**64 - 2**63


@lru_cache(maxsize=4096)
def _seconds(date_time: str, zone: str) -> int | None:
    try:
        moment = datetime(*map(int, _DIGITS.findall(date_time)))  # type: ignore[arg-type]
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
