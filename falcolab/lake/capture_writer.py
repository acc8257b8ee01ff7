"""One capture on its way into the lake: its parts are staged, then appear and count together."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from falcolab.lake.layout import EVENTS, layout_of
from falcolab.lake.manifest import Capture, Losses, Origin, Part
from falcolab.lake.store import Store
from falcolab.lake.writer import write_part

PART_EVENTS = 1_000_000
"""How many events share one set of dimensions; bounds the memory that ingestion needs."""

PART_BYTES = 256 * 2**20
"""How much text they may hold, for the same reason."""

Progress = Callable[[int], None]
"""Told now and then how many events there are so far."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of ingesting one file.

    Attributes:
        name: of the file.
        digest: of its content.
        events: how many were added.
        rejected: how many items were quarantined.
        known: whether the lake had the content already, so that nothing was added.
        quarantine: the file that names what was rejected, if anything was.
        damage: why the file could not be read to its end; what came before is in the lake.
    """

    name: str
    digest: str
    events: int
    rejected: int = 0
    known: bool = False
    quarantine: Path | None = None
    damage: str = ""


@contextmanager
def ingesting(lake: str | Path, patience: float = 0.0) -> Iterator[Store]:
    """The store of a lake that may be written to; a lake that was made for a failure is taken back.

    Args:
        lake: the lake's folder.
        patience: how many seconds to wait while somebody else is writing.

    Raises:
        InputError: the folder is no lake and cannot be made one, or somebody else is writing to it.
    """
    existed = (Path(lake) / "lake.json").exists()
    store = Store.create(lake)
    with store.writing(patience), _without_cycle_collector():
        try:
            yield store
        except BaseException:
            if not existed and not store.captures():
                store.remove_empty()
            raise


@contextmanager
def _without_cycle_collector() -> Iterator[None]:
    """Encoding makes few cycles, and looking for some among millions of rows costs a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(slots=True)
class _Times:
    """The first, earliest and latest time seen."""

    first: int | None = None
    low: int | None = None
    high: int | None = None

    def add(self, moments: npt.NDArray[np.int64]) -> None:
        """See more times, in event order."""
        low, high = int(moments.min()), int(moments.max())
        if self.first is None or self.low is None or self.high is None:
            self.first, self.low, self.high = int(moments[0]), low, high
        else:
            self.low, self.high = min(self.low, low), max(self.high, high)


@dataclass(slots=True)
class CaptureWriter:
    """Stages the parts of a capture.

    Attributes:
        store: the lake.
        name: of the file that is read.
        source: its event source.
        ordinal: the number of the part that comes next.
        lost: events that happened and could not be recorded.
    """

    store: Store
    name: str
    source: str
    ordinal: int = 0
    parts: list[Part] = field(default_factory=list)
    times: _Times = field(default_factory=_Times)
    lost: Losses = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ordinal = self.store.next_part()

    def known(self, digest: str) -> Origin | None:
        """What was ingested of this source with that content, if the lake has it already."""
        mine = (each for each in self.store.captures() if each.source == self.source)
        return next((each for capture in mine for each in capture.origins if each.digest == digest), None)

    def add_part(self, tables: Mapping[str, pa.Table]) -> None:
        """Stage the tables of the part that comes next; one without events is left out."""
        if tables[EVENTS].num_rows:
            self.times.add(tables[EVENTS]["time"].to_numpy())
            self.parts.append(write_part(self.store, layout_of(self.source), self.ordinal, tables))
            self.ordinal += 1

    def commit(self, digest: str, *, rejected: int = 0, damage: str = "") -> int:
        """Let the capture count; gives the number of its events."""
        for part in self.parts:
            for file in part.files:
                self.store.publish(file.path)
        number = 1 + max((capture.number for capture in self.store.captures()), default=0)
        events = sum(part.events for part in self.parts)
        capture = Capture(
            digest=digest,
            name=self.name,
            source=self.source,
            events=events,
            rejected=rejected,
            first_time=self.times.first,
            min_time=self.times.low,
            max_time=self.times.high,
            number=number,
            ingested=time.time_ns(),
            damage=damage,
            parts=tuple(self.parts),
            lost=self.lost,
        )
        self.store.commit(capture)
        return events
