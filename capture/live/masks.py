"""Which rules the rows of a growing dimension let through: decided once, when a row appears.

A row comes as the values that it was interned by. Of each column the truth of all checks is known
for the values that were seen before; together they say which checks hold for the row, and rows for
which the same checks hold have the same mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from capture.live.checks import Checks
from falcolab.engine.answers import Indices
from falcolab.engine.binders import binder_of
from falcolab.engine.masks import WORD_BITS, Words, words_of
from falcolab.engine.part import LOCAL
from falcolab.engine.plan import Atom, Plan, tests_in
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.typed import Test, field_values

Row = tuple[Any, ...]

_MOST_KNOWN = 16_384
"""How many combinations of checks are remembered; then remembering begins anew."""


class GrowingMasks:
    """The masks of the rows of one dimension, for the branches of a plan.

    Args:
        name: of the dimension.
        schema: of its rows without their keys.
        plan: of the rules.
    """

    def __init__(self, name: str, schema: pa.Schema, plan: Plan) -> None:
        atoms = _atoms(plan, name)
        tests = {id(test): test for atom in atoms for test in tests_in(atom.condition)}
        bits = {key: 1 << index for index, key in enumerate(tests)}
        self._checks = _checks(schema, {bits[key]: test for key, test in tests.items()}, plan)
        self._factors = [(_truth(atom.condition, bits), gone) for atom, gone in atoms.items()]
        self._possible = [int(word) for word in all_branches(plan)]
        self._known: dict[int, tuple[int, ...]] = {}
        self.begin()

    def begin(self) -> None:
        """Go on with another dimension, without rows."""
        self._words: list[Words] = [np.empty(0, np.uint64) for _ in self._possible]
        self._rows = 0

    def grow(self, rows: Sequence[Row]) -> None:
        """Decide the rows that have appeared since the last time, given all rows so far."""
        fresh = rows[self._rows :]
        if not fresh:
            return
        self._reserve(len(rows))
        made = np.array([self._of(row) for row in fresh], np.uint64)
        for word, decided in zip(self._words, made.T, strict=True):
            word[self._rows : len(rows)] = decided
        self._rows = len(rows)

    def _of(self, row: Row) -> tuple[int, ...]:
        """The mask of a row."""
        holding = 0
        for get, checks in self._checks:
            value = get(row)
            bits = checks.known.get(value)
            holding |= checks.of(value) if bits is None else bits
        found = self._known.get(holding)
        return self._decided(holding) if found is None else found

    def _decided(self, holding: int) -> tuple[int, ...]:
        """The mask of rows for which certain checks hold and no others."""
        words = list(self._possible)
        for truth, gone in self._factors:
            if not truth(holding):
                words = [word & ~bits for word, bits in zip(words, gone, strict=True)]
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[holding] = tuple(words)
        return self._known[holding]

    def _reserve(self, rows: int) -> None:
        """Have room for so many rows."""
        missing = rows - len(self._words[0])
        if missing > 0:
            room = np.zeros(missing + rows + 1024, np.uint64)
            self._words = [np.concatenate((word, room)) for word in self._words]

    def apply(self, keys: Indices, words: list[Words]) -> None:
        """Take from the masks of some events what their rows rule out."""
        local = keys & LOCAL
        for word, mask in zip(words, self._words, strict=True):
            np.bitwise_and(word, mask.take(local), out=word)


def _atoms(plan: Plan, name: str) -> dict[Atom, tuple[int, ...]]:
    """The factors of a dimension, each with the words of the branches that need it."""
    needing: dict[Atom, list[int]] = {}
    for index, branch in enumerate(plan.branches):
        if name in branch.factors:
            needing.setdefault(branch.factors[name], []).append(index)
    groups = len(all_branches(plan))
    return {atom: tuple(map(int, words_of(indices, groups))) for atom, indices in needing.items()}


def _checks(
    schema: pa.Schema, tests: dict[int, Test], plan: Plan
) -> list[tuple[Callable[[Row], Any], Checks]]:
    """The checks by the columns that they read, with what takes the values of these out of a row."""
    bind = binder_of(plan.source)
    grouped: dict[tuple[str, ...], dict[int, Test]] = {}
    for bit, test in tests.items():
        columns = tuple(dict.fromkeys(name for value in field_values(test) for name in bind(value).columns))
        grouped.setdefault(columns, {})[bit] = test
    return [
        (_columns([schema.get_field_index(name) for name in columns]), Checks(columns, mine, bind))
        for columns, mine in grouped.items()
    ]


def _columns(places: Sequence[int]) -> Callable[[Row], Any]:
    """Takes the value of a column out of a row, or the values of several as a tuple."""
    return itemgetter(*places) if places else lambda _row: ()


def _truth(node: Any, bits: dict[int, int]) -> Callable[[int], bool]:
    """A condition as a function of the bits of the checks that hold."""
    match node:
        case Not(child=child):
            holds = _truth(child, bits)
            return lambda holding: not holds(holding)
        case And(children=children):
            every = [_truth(child, bits) for child in children]
            return lambda holding: all(holds(holding) for holds in every)
        case Or(children=children):
            some = [_truth(child, bits) for child in children]
            return lambda holding: any(holds(holding) for holds in some)
        case _:
            bit = bits[id(node)]
            return lambda holding: holding & bit != 0


def all_branches(plan: Plan) -> list[np.uint64]:
    """Words with the bits of all branches."""
    count = len(plan.branches)
    return words_of(range(count), -(-count // WORD_BITS))


def table_of(rows: Sequence[Row], schema: pa.Schema, names: Sequence[str]) -> pa.Table:
    """Some columns of rows as an Arrow table."""
    places = [schema.get_field_index(name) for name in names]
    fields = [schema.field(place) for place in places]
    columns = [[row[place] for row in rows] for place in places]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=True)]
    return pa.table(arrays, schema=pa.schema(fields))
