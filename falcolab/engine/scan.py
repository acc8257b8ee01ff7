"""One pass over the events: AND the masks of their dimension rows, decide the few that are left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from falcolab.engine.binding import ACROSS
from falcolab.engine.certain import certain
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.masks import FactorCache, Words, judge_conditions, pack_masks
from falcolab.engine.part import LOCAL, KeyBlock, PartData
from falcolab.engine.plan import TRUE, Atom, Plan
from falcolab.engine.table import Bools, per_distinct
from falcolab.lake.layout import EVENTS
from falcolab.lang.ast import And, Not, Or, leaves
from falcolab.lang.typed import Test

Indices = npt.NDArray[np.int64]
WORD_BITS = 64
_BATCH = 65_536


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

    def run(self) -> tuple[Indices, Indices]:
        """The events that match and, for each, the condition; by event, those of one by condition."""
        factors, possible = self._event_factors()
        rows, words = self._masked(possible)
        for factor, conditions in factors.items():
            self._apply(factor, conditions, rows, words)
        rows, words = _narrow(rows, words)
        self.survivors = len(rows)
        for index, rule in enumerate(self.plan.rules):
            if rule.residual != TRUE:
                concerned = np.flatnonzero(words[index // WORD_BITS] & _bit(index))
                truth = self._residual(rule.residual, rows[concerned])
                words[index // WORD_BITS][concerned[~truth]] &= ~_bit(index)
        return _unpacked(rows, words, len(self.plan.rules))

    def _masked(self, possible: list[np.uint64]) -> tuple[Indices, list[Words]]:
        """The events that every dimension lets through for some condition, with their masks."""
        tables = [table for table in self.part.layout.dimensions if table in self.plan.tables]
        masks = [self._masks(table) for table in tables]
        blocks = self.part.key_blocks([self.part.layout.key_of(table) for table in tables])
        # NumPy lets go of the interpreter: one block is masked while the next is read.
        with ThreadPoolExecutor(max_workers=1) as pool:
            found = list(pool.map(lambda block: _scan(block, masks, possible), blocks))
        none = np.empty(0, np.int64), [np.empty(0, np.uint64)] * len(possible)
        rows, words = zip(none, *found, strict=True)
        return np.concatenate(rows), [np.concatenate(group) for group in zip(*words, strict=True)]

    def _event_factors(self) -> tuple[dict[Any, list[int]], list[np.uint64]]:
        """Factors that need a look at the events, with their conditions; and the conditions that can hold."""
        count = len(self.plan.rules)
        possible = [(1 << min(WORD_BITS, count - start)) - 1 for start in range(0, count, WORD_BITS)]
        factors: dict[Any, list[int]] = {}
        for index, rule in enumerate(self.plan.rules):
            truth = certain(rule.factors.get(EVENTS, TRUE), self.part.times)
            if truth is None:
                factors.setdefault(rule.factors[EVENTS], []).append(index)
            elif not truth:
                possible[index // WORD_BITS] &= ~(1 << index % WORD_BITS)
        return factors, [np.uint64(word) for word in possible]

    def _masks(self, table: str) -> list[Words]:
        data = self.part.table(table)
        factors = [rule.factors[table] for rule in self.plan.rules if table in rule.factors]
        truths = judge_conditions(data, factors, self.part.cache(table))
        return pack_masks(self.plan, table, truths, data.rows)

    def _apply(self, factor: Any, conditions: list[int], rows: Indices, words: list[Words]) -> None:
        """Decide a factor for the events of which some condition still needs it."""
        concerned = np.zeros(len(rows), np.bool_)
        for index in conditions:
            concerned |= (words[index // WORD_BITS] & _bit(index)) != 0
        positions = np.flatnonzero(concerned)
        failed = positions[~self._judge_events(factor, rows[positions])]
        for index in conditions:
            words[index // WORD_BITS][failed] &= ~_bit(index)

    def _judge_events(self, condition: Any, rows: Indices) -> Bools:
        table = self.part.events.take(rows)
        return judge_conditions(table, [condition], FactorCache(None, "", len(rows)))[condition]

    def _residual(self, node: Any, rows: Indices) -> Bools:
        """The truth of a condition over atoms, each asked only of events that it can still decide."""
        match node:
            case Not(child=child):
                return ~self._residual(child, rows)
            case And(children=children) | Or(children=children):
                decides = isinstance(node, Or)
                truth = np.full(len(rows), not decides, np.bool_)
                for child in sorted(children, key=_looks_across):
                    open_ = np.flatnonzero(truth != decides)
                    if len(open_):
                        truth[open_] = self._residual(child, rows[open_])
                return truth
            case _:
                return self._atom(node, rows)

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


def _looks_across(node: Any) -> bool:
    """Whether a condition has an atom that is decided event by event."""
    return any(isinstance(leaf, Atom) and leaf.table == ACROSS for leaf in leaves(node))


def _bit(index: int) -> np.uint64:
    return np.uint64(1 << index % WORD_BITS)


def _scan(
    block: KeyBlock, masks: list[list[Words]], possible: list[np.uint64]
) -> tuple[Indices, list[Words]]:
    """The events of a block that the masks of all dimensions let through."""
    rows = np.arange(block.rows)
    words = [np.full(block.rows, word) for word in possible]
    for keys, table in zip(block.keys, masks, strict=True):
        local = (keys if len(rows) == block.rows else keys[rows]) & LOCAL
        words = [word & mask.take(local) for word, mask in zip(words, table, strict=True)]
        rows, words = _narrow(rows, words)
    return block.start + rows, words


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


def _unpacked(rows: Indices, words: list[Words], conditions: int) -> tuple[Indices, Indices]:
    """The set bits of some events' masks, as pairs of event and condition."""
    found: list[tuple[Indices, Indices]] = [(rows[:0], rows[:0])]
    for start in range(0, len(rows), _BATCH):
        batch = [np.ascontiguousarray(word[start : start + _BATCH], "<u8") for word in words]
        octets = np.concatenate([word.view(np.uint8).reshape(-1, 8) for word in batch], axis=1)
        bits = np.unpackbits(octets, axis=1, count=conditions, bitorder="little")
        events, indices = np.divmod(np.flatnonzero(bits.view(np.bool_)), max(conditions, 1))
        found.append((rows[start + events], indices))
    return np.concatenate([events for events, _ in found]), np.concatenate([index for _, index in found])
