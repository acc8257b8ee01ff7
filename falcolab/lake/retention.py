"""Retention: parts that are too old, or more than there is room for, are removed, the oldest first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from falcolab.errors import InputError
from falcolab.lake.compaction import PATIENCE
from falcolab.lake.manifest import Capture, Part
from falcolab.lake.store import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """What may stay in a lake.

    Attributes:
        age: parts whose last event is more seconds ago than this go; None keeps them.
        size: how many bytes the data files may have together; None means any number.
    """

    age: float | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """A part that has gone, or would go.

    Attributes:
        capture: the name of its capture.
        source: the event source.
        part: its number.
        events: how many it has.
        bytes: the size of its files.
        min_time: of its first event, ns.
        max_time: of its last event, ns.
        reason: ``age`` or ``size``.
    """

    capture: str
    source: str
    part: int
    events: int
    bytes: int
    min_time: int
    max_time: int
    reason: str


def prune(store: Store, limits: Limits, *, is_trial: bool = False) -> list[Pruned]:
    """Remove whole parts, the oldest first, until a lake keeps within limits.

    A capture whose parts have all gone goes with them, and with what was rejected of it. Who is
    reading a part that goes gets an error that says so. An interrupted pruning can be repeated.

    Args:
        store: the lake.
        limits: what may stay.
        is_trial: only tell what would go.

    Raises:
        InputError: the lake cannot be written, or somebody else keeps it.
    """
    if is_trial:
        return [_told(*each) for each in _surplus(store.captures(), limits)]
    with store.writing(PATIENCE):
        captures = store.captures()
        surplus = list(_surplus(captures, limits))
        try:
            _remove(store, captures, {part.ordinal for _, part, _ in surplus}, limits)
        except OSError as error:
            raise InputError(f"{store.root}: cannot be written: {error.strerror}") from None
    return [_told(*each) for each in surplus]


def _remove(store: Store, captures: Sequence[Capture], gone: set[int], limits: Limits) -> None:
    # A full disk must not be in the way: nothing is written that is not needed.
    if gone and store.next_part() - 1 in gone:
        store.note_pruned(max(gone))
    for capture in captures:
        _shorten(store, capture, gone, limits)
    store.clear_leftovers()


def _surplus(captures: Sequence[Capture], limits: Limits) -> Iterator[tuple[Capture, Part, str]]:
    """The parts that have to go, the oldest first, with the reason."""
    parts = [(capture, part) for capture in captures for part in capture.parts]
    size = sum(part.bytes for _, part in parts)
    for capture, part in sorted(parts, key=lambda each: (each[1].max_time, each[1].ordinal)):
        if _is_old(part.max_time, limits):
            reason = "age"
        elif limits.size is not None and size > limits.size:
            reason = "size"
        else:
            return
        size -= part.bytes
        yield capture, part, reason


def _is_old(moment: int, limits: Limits) -> bool:
    return limits.age is not None and moment < time.time_ns() - round(limits.age * 10**9)


def _shorten(store: Store, capture: Capture, gone: set[int], limits: Limits) -> None:
    """Take parts out of a capture; one that never had any goes with its age."""
    kept = tuple(part for part in capture.parts if part.ordinal not in gone)
    if len(kept) == len(capture.parts) and (kept or not _is_old(capture.ingested, limits)):
        return
    if not kept:
        store.remove(capture)
        return
    events = sum(part.events for part in kept)
    shorter = replace(
        capture,
        parts=kept,
        events=events,
        pruned=capture.pruned + capture.events - events,
        min_time=min(part.min_time for part in kept),
        max_time=max(part.max_time for part in kept),
    )
    store.commit(shorter)


def _told(capture: Capture, part: Part, reason: str) -> Pruned:
    return Pruned(
        capture=capture.name,
        source=capture.source,
        part=part.ordinal,
        events=part.events,
        bytes=part.bytes,
        min_time=part.min_time,
        max_time=part.max_time,
        reason=reason,
    )
