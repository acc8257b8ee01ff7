"""Which rows of the dimensions let which branches of conditions through, as bits.

A mask is a 64-bit word per row and group of 64 branches: bit ``i`` is set when, going by this
table alone, branch ``i`` can be true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from falcolab.engine.answers import Answers, Bools, Indices, Packed
from falcolab.engine.plan import Atom, Branch, tests_in
from falcolab.engine.pools import Pools
from falcolab.engine.table import Table
from falcolab.lang.ast import And, Not, Or

Words = npt.NDArray[np.uint64]
WORD_BITS = 64


class Dimension:
    """The truth of atoms over the rows of one dimension of a part.

    Args:
        table: its rows.
        answers: what is known of them.
        pools: decide what is not.
    """

    def __init__(self, table: Table, answers: Answers, pools: Pools) -> None:
        self.rows = table.rows
        self._table, self._answers, self._pools = table, answers, pools
        self._packed: dict[bytes, Packed] = {}

    def require(self, atoms: Iterable[Atom]) -> None:
        """Know the truth of some atoms."""
        missing = []
        for atom in dict.fromkeys(atoms):
            known = self._packed.get(atom.key)
            if known is None:
                known = self._answers.of_all(atom.key, self.rows)
            if known is None:
                missing.append(atom)
            else:
                self._packed[atom.key] = known
        if not missing:
            return
        tests = {id(test): test for atom in missing for test in tests_in(atom.condition)}
        verdicts = self._pools.judge(self._table, tests.values())
        for atom in missing:
            packed = np.packbits(combine(atom.condition, verdicts, self.rows))
            self._packed[atom.key] = packed
            self._answers.put_all(atom.key, packed)

    def all(self, atom: Atom) -> Bools:
        """The truth of an atom that was required, row by row."""
        return np.unpackbits(self._packed[atom.key], count=self.rows).view(np.bool_)

    def some(self, atom: Atom, rows: Indices) -> Bools:
        """The truth of an atom for some rows."""
        self.require([atom])
        octets = self._packed[atom.key].take(rows >> 3)
        return (octets >> (7 - (rows & 7)).astype(np.uint8) & 1).view(np.bool_)


def combine(node: Any, truths: dict[int, Bools], rows: int) -> Bools:
    """The truth of a condition from that of its checks, which are told by their identity."""
    match node:
        case Not(child=child):
            return ~combine(child, truths, rows)
        case And(children=children):
            truth = np.ones(rows, np.bool_)
            for child in children:
                truth &= combine(child, truths, rows)
            return truth
        case Or(children=children):
            truth = np.zeros(rows, np.bool_)
            for child in children:
                truth |= combine(child, truths, rows)
            return truth
        case _:
            return truths[id(node)]


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of a table's rows.

    Attributes:
        words: one array per group of 64 branches.
        alive: which rows let anything through.
    """

    words: list[Words]
    alive: Bools

    @classmethod
    def of(
        cls, dimension: Dimension, name: str, branches: Sequence[Branch], possible: list[np.uint64]
    ) -> Masks:
        """The masks of a dimension; only branches in ``possible`` count."""
        dimension.require([branch.factors[name] for branch in branches if name in branch.factors])
        words = [np.full(dimension.rows, word) for word in possible]
        by_atom: dict[Atom, list[int]] = {}
        for index, branch in enumerate(branches):
            if name in branch.factors:
                by_atom.setdefault(branch.factors[name], []).append(index)
        for atom, indices in by_atom.items():
            passes = dimension.all(atom)
            for group, gone in enumerate(words_of(indices, len(words))):
                if gone:
                    words[group] &= np.where(passes, _ALL, ~gone)
        alive = np.zeros(dimension.rows, np.bool_)
        for word in words:
            alive |= word != 0
        return cls(words, alive)


_ALL = np.uint64(2**64 - 1)


def words_of(indices: Iterable[int], groups: int) -> list[np.uint64]:
    """Words with some bits set."""
    words = [0] * groups
    for index in indices:
        words[index // WORD_BITS] |= 1 << index % WORD_BITS
    return [np.uint64(word) for word in words]
