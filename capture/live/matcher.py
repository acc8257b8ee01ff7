"""The live engine: rules on the events of the last moment, with the verdict of a replay.

The masks of a dimension's row are made when the row appears. An event is a few ANDs of its rows'
masks, nearly always zero; the few that are left are judged by the engine of the replay, as a small
part of their own. So a replay of what was recorded says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from capture.live.masks import GrowingMasks, Row, all_branches, table_of
from falcolab.engine.alerts import Alert
from falcolab.engine.binders import binder_of
from falcolab.engine.masks import Words
from falcolab.engine.memory_part import MemoryPart, Source
from falcolab.engine.part import LOCAL
from falcolab.engine.planner import make_plan
from falcolab.engine.pools import Pools
from falcolab.engine.replay import PartMatches, alerts_of
from falcolab.engine.scan import PartScan
from falcolab.engine.survivors import Survivors
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.layout import layout_of
from falcolab.lake.syscall.encoder import SyscallEncoder
from falcolab.rules.ruleset import Rule

_LAYOUT = layout_of(SYSCALL)
_SCHEMAS = {name: pa.schema(list(schema)[1:]) for name, schema in _LAYOUT.dimensions.items()}
"""The dimensions without their keys."""


@dataclass(slots=True)
class _Scan(PartScan):
    """Decides a plan over events of which the masks are known."""

    words: list[Words] = field(default_factory=list)

    def _masked(self, possible: list[np.uint64]) -> tuple[Survivors, list[Words]]:
        words = [word & bits for word, bits in zip(self.words, possible, strict=True)]
        return Survivors(self.part, np.arange(len(words[0])), {}), words


class SyscallMatcher:
    """Tries rules on the system events that an encoder collects.

    Args:
        rules: in the order that decides which wins under ``first``.
        first: only the first rule that holds counts for an event.

    Attributes:
        judged: how many events were judged; ``survivors`` of them the masks let through.
    """

    def __init__(self, rules: Sequence[Rule], *, first: bool = True) -> None:
        self._rules = [rule for rule in rules if rule.source == SYSCALL]
        self._first = first
        self._plan = make_plan([rule.typed for rule in self._rules], SYSCALL)
        names = [name for name in _LAYOUT.dimensions if name in self._plan.tables]
        self._masks = {name: GrowingMasks(name, _SCHEMAS[name], self._plan) for name in names}
        self.judged = self.survivors = 0
        self.begin()

    def begin(self) -> None:
        """Go on with another encoder."""
        self._pools = Pools(binder_of(SYSCALL))
        self._first_time: int | None = None
        for masks in self._masks.values():
            masks.begin()

    def match(self, encoder: SyscallEncoder) -> Iterator[Alert]:
        """The alerts for the events that were added since this was asked last, in order.

        Args:
            encoder: the same until ``begin``.
        """
        events = encoder.events.fresh()
        self.judged += events.num_rows
        if not events.num_rows or not self._plan.branches:
            return
        if self._first_time is None:
            self._first_time = events["time"][0].as_py()
        words = self._words(encoder, events)
        left = np.flatnonzero(np.bitwise_or.reduce(words))
        self.survivors += len(left)
        if len(left):
            part = _part(encoder, events.take(pa.array(left)), self._first_time)
            yield from alerts_of(self._decided(part, [word[left] for word in words]), self._rules)

    def _words(self, encoder: SyscallEncoder, events: pa.Table) -> list[Words]:
        """The masks of events: which branches the rows that they refer to let through."""
        words = [np.full(events.num_rows, word) for word in all_branches(self._plan)]
        for name, masks in self._masks.items():
            masks.grow(encoder.dimensions[name].rows)
            masks.apply(events[_LAYOUT.key_of(name)].to_numpy(), words)
        return words

    def _decided(self, part: MemoryPart, words: list[Words]) -> PartMatches:
        """What holds for events whose masks let something through."""
        rows, rules = _Scan(part, self._plan, self._pools, words=words).run()
        if self._first and len(rows):
            keep = np.concatenate(([True], rows[1:] != rows[:-1]))
            rows, rules = rows[keep], rules[keep]
        return PartMatches(part, rows, rules)


def _part(encoder: SyscallEncoder, events: pa.Table, first_time: int) -> MemoryPart:
    """Some events as a part, with the rows that they refer to and no others."""
    tables: dict[str, Source] = {}
    for name in _LAYOUT.dimensions:
        column = _LAYOUT.key_of(name)
        wanted, keys = np.unique(events[column].to_numpy() & LOCAL, return_inverse=True)
        rows = encoder.dimensions[name].rows
        tables[name] = _some([rows[at] for at in wanted.tolist()], name)
        at = events.schema.get_field_index(column)
        events = events.set_column(at, events.schema.field(at), pa.array(keys.astype(np.int64)))
    return MemoryPart(SYSCALL, events, tables, first_time)


def _some(rows: Sequence[Row], name: str) -> Source:
    return Source(len(rows), lambda names: table_of(rows, _SCHEMAS[name], names))
