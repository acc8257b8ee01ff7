"""Moments as text.

Falco writes local time with the offset that holds now, not at the moment itself:
``sinsp_utils::ts_to_string`` in ``userspace/libsinsp/utils.cpp``.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

_SECOND = 10**9


@cache
def _zone() -> timezone:
    return timezone(timedelta(seconds=time.localtime().tm_gmtoff))


def _written(nanoseconds: int, layout: str, zone: timezone, *, fraction: bool) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    text = datetime.fromtimestamp(seconds, UTC).astimezone(zone).strftime(layout)
    return f"{text}.{rest:09d}" if fraction else text


def time_of_day(nanoseconds: int, *, fraction: bool = True) -> str:
    """``evt.time``, and without fraction ``evt.time.s``."""
    return _written(nanoseconds, "%H:%M:%S", _zone(), fraction=fraction)


def date(nanoseconds: int, *, fraction: bool = True) -> str:
    """``evt.datetime``, and without fraction ``evt.datetime.s``."""
    return _written(nanoseconds, "%Y-%m-%d %H:%M:%S", _zone(), fraction=fraction)


def iso8601(nanoseconds: int) -> str:
    """``evt.time.iso8601``."""
    return _written(nanoseconds, "%Y-%m-%dT%H:%M:%S", UTC, fraction=True) + "+0000"
