"""Compaction: many small captures, as a daemon makes them, become few large ones."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from falcolab.errors import InputError
from falcolab.fields.catalogue import SOURCES
from falcolab.lake.capture_writer import PART_EVENTS
from falcolab.lake.layout import layout_of
from falcolab.lake.manifest import Capture, Part
from falcolab.lake.merging import merge_parts
from falcolab.lake.store import Store
from falcolab.lake.writer import write_part

MAX_BYTES = 64 * 2**20
"""How large the files of captures that are joined may be together, which bounds the memory it takes."""

MAX_SPAN = 24 * 3_600 * 10**9
"""Over how much time (ns) joined captures reach at most: retention removes whole parts only."""

PATIENCE = 60.0
"""How many seconds to wait while somebody else is writing to the lake."""

Told = Callable[[int], None]
"""Told how many captures have been joined so far."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What came of a compaction.

    Attributes:
        joined: how many captures were joined.
        made: into how many.
        files: how many data files there were, and are now, in all of the lake.
        bytes: the same of their sizes.
    """

    joined: int
    made: int
    files: tuple[int, int]
    bytes: tuple[int, int]


def compact(store: Store, *, least: int = 2, keep: float = 0.0, told: Told | None = None) -> Compacted:
    """Join small captures that follow each other, and those after them, until none are left.

    Others may read all the while, and write between one joining and the next. An interrupted
    compaction leaves what has been joined until then, and nothing half done.

    Args:
        store: the lake.
        least: how many captures at least are worth joining.
        keep: how many seconds the files of joined captures stay for those who are reading them.
        told: told of progress.

    Raises:
        InputError: a file is missing or damaged, the lake cannot be written, or somebody else keeps it.
    """
    before, joined, made = store.captures(), 0, 0
    while True:
        with store.writing(PATIENCE):
            group = next(iter(_groups(store.captures(), least)), None)
            if group is None:
                break
            _join(store, group, keep)
        joined, made = joined + len(group), made + 1
        if told is not None:
            told(joined)
    after = store.captures()
    return Compacted(joined, made, (_files(before), _files(after)), (_bytes(before), _bytes(after)))


def _files(captures: Sequence[Capture]) -> int:
    return sum(len(part.files) for capture in captures for part in capture.parts)


def _bytes(captures: Sequence[Capture]) -> int:
    return sum(capture.bytes for capture in captures)


def _groups(captures: Sequence[Capture], least: int) -> list[list[Capture]]:
    """The captures that are to be joined, in their order; each group becomes one."""
    groups: list[list[Capture]] = []
    for source in SOURCES:
        groups.append([])
        for capture in captures:
            if capture.source != source:
                continue
            if not _fit([*groups[-1], capture]):
                groups.append([])
            groups[-1].append(capture)
    return [group for group in groups if len(group) >= least and len(group) > 1]


def _fit(captures: Sequence[Capture]) -> bool:
    """Whether captures are small enough together to become one."""
    begins = [each.min_time for each in captures if each.min_time is not None]
    ends = [each.max_time for each in captures if each.max_time is not None]
    return (
        sum(each.events for each in captures) <= PART_EVENTS
        and _bytes(captures) <= MAX_BYTES
        and max(ends, default=0) - min(begins, default=0) <= MAX_SPAN
    )


def _join(store: Store, captures: Sequence[Capture], keep: float) -> None:
    """Put one capture in the place of several."""
    parts = [part for capture in captures for part in capture.parts]
    try:
        made = (_merged(store, captures[0].source, parts),) if parts else ()
        for file in (file for part in made for file in part.files):
            store.publish(file.path)
        store.commit(_joined(captures, made, keep))
        store.clear_leftovers()
    except OSError as error:
        raise InputError(f"{store.root}: cannot be written: {error.strerror or error}") from None


def _merged(store: Store, source: str, parts: Sequence[Part]) -> Part:
    layout, ordinal = layout_of(source), store.next_part()
    prefixes = tuple(sorted(prefix for part in parts for prefix in part.prefixes))
    return write_part(store, layout, ordinal, merge_parts(store, layout, parts, ordinal), prefixes)


def _joined(captures: Sequence[Capture], parts: tuple[Part, ...], keep: float) -> Capture:
    """A capture that stands for others."""
    origins = tuple(origin for capture in captures for origin in capture.origins)
    digests = tuple(capture.digest for capture in captures)
    now = time.time_ns()
    return Capture(
        digest=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
        name=f"{origins[0].name} and {len(origins) - 1} more",
        source=captures[0].source,
        events=sum(capture.events for capture in captures),
        rejected=sum(capture.rejected for capture in captures),
        first_time=next((each.first_time for each in origins if each.first_time is not None), None),
        min_time=min((part.min_time for part in parts), default=None),
        max_time=max((part.max_time for part in parts), default=None),
        number=captures[0].number,
        ingested=now,
        damage="; ".join(f"{each.name}: {each.damage}" for each in origins if each.damage),
        parts=parts,
        joined=origins,
        replaces=digests,
        replaced_until=now + round(keep * 10**9),
        pruned=sum(capture.pruned for capture in captures),
    )
