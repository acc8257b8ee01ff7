"""One pass over the events: AND the masks of their dimension rows, decide the few that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from falcolab.engine.binding import ACROSS
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.masks import FactorCache, Words, combine, judge_conditions, pack_masks
from falcolab.engine.part import PartData
from falcolab.engine.plan import TRUE, Atom, Plan
from falcolab.engine.table import Bools, per_distinct
from falcolab.lake.layout import EVENTS
from falcolab.lang.ast import leaves
from falcolab.lang.typed import Test

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """The events of a part for which a condition holds.

    Attributes:
        condition: its position in the plan.
        rows: positions in the part's event table, ascending.
    """

    condition: int
    rows: Indices


@dataclass(slots=True)
class PartScan:
    """Decides a plan over one part of a lake.

    Attributes:
        part: its data.
        plan: what to decide.
        survivors: how many events the masks let through, once ``run`` is done.
    """

    part: PartData
    plan: Plan
    survivors: int = 0

    def run(self) -> list[Hits]:
        """The events that match, by condition."""
        found: list[Hits] = []
        rows, words = self._masked()
        self.survivors = len(rows)
        for index, rule in enumerate(self.plan.rules):
            bit = np.uint64(1 << (index % 64))
            candidates = rows[(words[index // 64] & bit) != 0]
            if len(candidates) and rule.residual != TRUE:
                candidates = candidates[self._residual(rule.residual, candidates)]
            found.append(Hits(index, candidates))
        return found

    def _masked(self) -> tuple[Indices, list[Words]]:
        """The events that every dimension lets through for some condition, with their masks."""
        total = self.part.events.rows
        groups = (len(self.plan.rules) + 63) // 64
        rows = np.arange(total, dtype=np.int64)
        words = [self._all_bits(group, total) for group in range(groups)]
        for table in self.part.layout.dimensions:
            if table not in self.plan.tables:
                continue
            masks = self._masks(table)
            keys = self.part.keys(self.part.layout.key_of(table))
            local = keys if len(rows) == total else keys[rows]
            words = [word & mask[local] for word, mask in zip(words, masks, strict=True)]
            rows, words = _narrow(rows, words)
        return self._event_factors(rows, words)

    def _all_bits(self, group: int, rows: int) -> Words:
        count = min(64, len(self.plan.rules) - group * 64)
        return np.full(rows, (1 << count) - 1, np.uint64)

    def _masks(self, table: str) -> list[Words]:
        data = self.part.table(table)
        factors = [rule.factors[table] for rule in self.plan.rules if table in rule.factors]
        truths = judge_conditions(data, factors, self.part.cache(table))
        return pack_masks(self.plan, table, truths, data.rows)

    def _event_factors(self, rows: Indices, words: list[Words]) -> tuple[Indices, list[Words]]:
        """What the events' own columns say, asked only of events that came this far."""
        if EVENTS not in self.plan.tables or not len(rows):
            return rows, words
        for index, rule in enumerate(self.plan.rules):
            if EVENTS not in rule.factors:
                continue
            bit = np.uint64(1 << (index % 64))
            concerned = np.flatnonzero(words[index // 64] & bit)
            if len(concerned):
                truth = self._judge_events(rule.factors[EVENTS], rows[concerned])
                words[index // 64][concerned[~truth]] &= ~bit
        return _narrow(rows, words)

    def _judge_events(self, condition: Any, rows: Indices) -> Bools:
        table = self.part.events.take(rows)
        return judge_conditions(table, [condition], FactorCache(None, "", len(rows)))[condition]

    def _residual(self, residual: Any, rows: Indices) -> Bools:
        atoms = [leaf for leaf in leaves(residual) if isinstance(leaf, Atom)]
        truths: dict[Any, Bools] = {atom: self._atom(atom, rows) for atom in dict.fromkeys(atoms)}
        return combine(residual, truths, len(rows))

    def _atom(self, atom: Atom, rows: Indices) -> Bools:
        if atom.table == EVENTS:
            return self._judge_events(atom.condition, rows)
        if atom.table == ACROSS and isinstance(atom.condition, Test):
            return self._across(atom.condition, rows)
        data = self.part.table(atom.table)
        truth = judge_conditions(data, [atom.condition], self.part.cache(atom.table))[atom.condition]
        return truth[self.part.keys(self.part.layout.key_of(atom.table))[rows]]

    def _across(self, test: Test, rows: Indices) -> Bools:
        slots = slots_of(test)
        columns = [self.part.values(value, rows) for value in slots]
        return np.array(per_distinct(columns, compile_test(test, slots)), np.bool_)


def _narrow(rows: Indices, words: list[Words]) -> tuple[Indices, list[Words]]:
    """Drop the events that no condition is left for."""
    if not words:
        return rows[:0], words
    alive = words[0] != 0
    for word in words[1:]:
        alive |= word != 0
    if alive.all():
        return rows, words
    return rows[alive], [word[alive] for word in words]
