"""One pass over the events: AND the masks of their dimension rows, decide the few that are left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from falcolab.engine.answers import Answers, Bools, Indices
from falcolab.engine.binding import ACROSS
from falcolab.engine.certain import certain
from falcolab.engine.logic import TRUE
from falcolab.engine.masks import WORD_BITS, Dimension, Masks, Words, words_of
from falcolab.engine.part import LOCAL, KeyBlock, PartData
from falcolab.engine.plan import Atom, Branch, Plan, is_lasting, looks_across
from falcolab.engine.pools import Pools
from falcolab.engine.survivors import Survivors
from falcolab.lake.layout import EVENTS
from falcolab.lang.ast import And, Not, Or

_BATCH = 65_536


@dataclass(slots=True)
class PartScan:
    """Decides a plan over one part of a lake.

    Attributes:
        part: its data.
        plan: what to decide.
        pools: what checks say of values, for this part and others.
        survivors: how many events the masks let through, once ``run`` is done.
    """

    part: PartData
    plan: Plan
    pools: Pools
    survivors: int = 0
    _answers: list[Answers] = field(default_factory=list)
    _dimensions: dict[str, Dimension] = field(default_factory=dict)

    def run(self) -> tuple[Indices, Indices]:
        """The events that match and, for each, the condition; by event, those of one by condition."""
        if not self.plan.branches:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        factors, possible = self._event_factors()
        left, words = self._masked(possible)
        of_events = self._keep(EVENTS)
        for atom, indices in factors.items():
            self._apply(atom, indices, left, words, of_events)
        self.survivors = int(np.count_nonzero(_alive(words)))
        for index, branch in enumerate(self.plan.branches):
            if branch.residual != TRUE:
                self._decide(branch, index, left, words, of_events)
        for answers in self._answers:
            answers.save()
        return self._matches(left.rows, words)

    def _keep(self, table: str) -> Answers:
        answers = self.part.answers(table)
        self._answers.append(answers)
        return answers

    def _dimension(self, table: str) -> Dimension:
        if table not in self._dimensions:
            self._dimensions[table] = Dimension(self.part.table(table), self._keep(table), self.pools)
        return self._dimensions[table]

    def _masked(self, possible: list[np.uint64]) -> tuple[Survivors, list[Words]]:
        """The events that every dimension lets through for some branch, with their masks."""
        tables = [table for table in self.part.layout.dimensions if table in self.plan.tables]
        branches = self.plan.branches
        masks = [Masks.of(self._dimension(table), table, branches, possible) for table in tables]
        blocks = self.part.key_blocks([self.part.layout.key_of(table) for table in tables])
        # NumPy lets go of the interpreter: one block is masked while the next is read.
        with ThreadPoolExecutor(max_workers=1) as pool:
            found = list(pool.map(lambda block: _scan(block, masks, possible), blocks))
        rows = np.concatenate([each.rows for each in found])
        words = [np.concatenate(each) for each in zip(*(each.words for each in found), strict=True)]
        local = [np.concatenate(each) for each in zip(*(each.local for each in found), strict=True)]
        return Survivors(self.part, rows, dict(zip(tables, local, strict=True))), words

    def _event_factors(self) -> tuple[dict[Atom, list[int]], list[np.uint64]]:
        """Factors that need a look at the events, with their branches; and the branches that can hold."""
        count = len(self.plan.branches)
        factors, impossible = {}, set()
        for atom, indices in self.plan.of_events.items():
            truth = certain(atom.condition, self.part.times)
            if truth is None:
                factors[atom] = indices
            elif not truth:
                impossible.update(indices)
        groups = -(-count // WORD_BITS)
        return factors, words_of((index for index in range(count) if index not in impossible), groups)

    def _apply(
        self, atom: Atom, indices: list[int], left: Survivors, words: list[Words], known: Answers
    ) -> None:
        """Decide a factor for the events of which some branch still needs it."""
        bits = words_of(indices, len(words))
        concerned = _alive([word & bit for word, bit in zip(words, bits, strict=True)])
        positions = np.flatnonzero(concerned)
        key = atom.key if is_lasting(atom.condition) else None
        truth = known.of_some(key, left.rows[positions], lambda asked: left.of_events(atom, positions[asked]))
        failed = positions[~truth]
        for word, bit in zip(words, bits, strict=True):
            word[failed] &= ~bit

    def _decide(
        self, branch: Branch, index: int, left: Survivors, words: list[Words], known: Answers
    ) -> None:
        """Decide what remains of a branch, for the events that it is left for."""
        word, bit = words[index // WORD_BITS], np.uint64(1 << index % WORD_BITS)
        positions = np.flatnonzero(word & bit)
        if not len(positions):
            return
        truth = known.of_some(
            branch.key,
            left.rows[positions],
            lambda asked: self._residual(branch.residual, left, positions[asked]),
        )
        word[positions[~truth]] &= ~bit

    def _residual(self, node: Any, left: Survivors, positions: Indices) -> Bools:
        """The truth of a condition over atoms, each asked only of events that it can still decide."""
        match node:
            case Not(child=child):
                return ~self._residual(child, left, positions)
            case And(children=children) | Or(children=children):
                decides = isinstance(node, Or)
                truth = np.full(len(positions), not decides, np.bool_)
                for child in sorted(children, key=looks_across):
                    open_ = np.flatnonzero(truth != decides)
                    if len(open_):
                        truth[open_] = self._residual(child, left, positions[open_])
                return truth
            case _ if node.table == ACROSS:
                return left.across(node.condition, positions)
            case _ if node.table == EVENTS:
                return left.of_events(node, positions)
            case _:
                return self._dimension(node.table).some(node, left.local(node.table)[positions])

    def _matches(self, rows: Indices, words: list[Words]) -> tuple[Indices, Indices]:
        conditions = np.array([branch.condition for branch in self.plan.branches], np.int64)
        rows, branches = _unpacked(rows, words, len(conditions))
        indices = conditions[branches]
        # Several branches of a condition may hold; they stand side by side.
        is_new = np.ones(len(rows), np.bool_)
        is_new[1:] = (rows[1:] != rows[:-1]) | (indices[1:] != indices[:-1])
        return rows[is_new], indices[is_new]


@dataclass(frozen=True, slots=True)
class _Left:
    """What the masks let through of a block of events.

    Attributes:
        rows: the positions of the events in the part.
        words: their masks.
        local: for each dimension the rows of the events.
    """

    rows: Indices
    words: list[Words]
    local: list[Indices]


def _scan(block: KeyBlock, masks: list[Masks], possible: list[np.uint64]) -> _Left:
    """The events of a block that the masks of all dimensions let through."""
    if not masks:
        return _Left(
            block.start + np.arange(block.rows), [np.full(block.rows, word) for word in possible], []
        )
    local = block.keys[0] & LOCAL
    rows = np.flatnonzero(masks[0].alive.take(local))
    local = local[rows]
    words = [word.take(local) for word in masks[0].words]
    for keys, mask in zip(block.keys[1:], masks[1:], strict=True):
        local = keys[rows] & LOCAL
        words = [word & of_rows.take(local) for word, of_rows in zip(words, mask.words, strict=True)]
        alive = _alive(words)
        rows, words = rows[alive], [word[alive] for word in words]
    return _Left(block.start + rows, words, [keys[rows] & LOCAL for keys in block.keys])


def _alive(words: list[Words]) -> Bools:
    """The events that some branch is left for."""
    alive: Bools = words[0] != 0
    for word in words[1:]:
        alive |= word != 0
    return alive


def _unpacked(rows: Indices, words: list[Words], branches: int) -> tuple[Indices, Indices]:
    """The set bits of some events' masks, as pairs of event and branch."""
    found: list[tuple[Indices, Indices]] = [(rows[:0], rows[:0])]
    for start in range(0, len(rows), _BATCH):
        batch = [np.ascontiguousarray(word[start : start + _BATCH], "<u8") for word in words]
        octets = np.concatenate([word.view(np.uint8).reshape(-1, 8) for word in batch], axis=1)
        bits = np.unpackbits(octets, axis=1, count=branches, bitorder="little")
        events, indices = np.divmod(np.flatnonzero(bits.view(np.bool_)), branches)
        found.append((rows[start + events], indices))
    return np.concatenate([events for events, _ in found]), np.concatenate([index for _, index in found])
