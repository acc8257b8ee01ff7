"""What is certain about a condition on the events' own columns before any event is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from falcolab.engine.binding import ALWAYS, RAW_TIMES
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.typed import FieldValue, Test

Range = tuple[int, int]
"""The earliest and the latest time of some events, ns since 1970."""

ANY_TIME: Range = (-(2**63), 2**63)
_NUMBERS: Range = (1, 2**63)
"""Events are counted from 1."""


def certain(node: Any, times: Range) -> bool | None:
    """The truth of a condition for all events in a range of time; None where it may differ."""
    match node:
        case And(children=children):
            return _all([certain(child, times) for child in children])
        case Or(children=children):
            inverse = _all([_inverse(certain(child, times)) for child in children])
            return _inverse(inverse)
        case Not(child=child):
            return _inverse(certain(child, times))
        case Test(left=FieldValue(field=field)) if field.name in ALWAYS:
            return True if node.operator is None else _compared(node, field.name, times)
        case _:
            return None


def _all(truths: Sequence[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _inverse(truth: bool | None) -> bool | None:  # noqa: FBT001
    return None if truth is None else not truth


def _compared(test: Test, name: str, times: Range) -> bool | None:
    """Times and numbers outside of the range are equal to none in it."""
    range_ = times if name in RAW_TIMES else _NUMBERS if name == "evt.num" else None
    if range_ is None or test.operator is None or not isinstance(test.right, tuple):
        return None
    if test.operator.name not in ("=", "==", "in") or test.modifier is not None:
        return None
    return None if any(_lies_in(item, range_) for item in test.right) else False


def _lies_in(item: Any, range_: Range) -> bool:
    try:
        return range_[0] <= int(item) <= range_[1]
    except ValueError:
        return False
