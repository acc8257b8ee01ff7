"""Which rules the rows of a growing dimension let through: decided once, when a row appears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from falcolab.engine.answers import Answers, Indices
from falcolab.engine.binders import binder_of
from falcolab.engine.masks import WORD_BITS, Dimension, Masks, Words, words_of
from falcolab.engine.part import LOCAL
from falcolab.engine.plan import Plan
from falcolab.engine.pools import Pools
from falcolab.engine.table import Table

Row = tuple[Any, ...]


class GrowingMasks:
    """The masks of the rows of one dimension, for the branches of a plan.

    Args:
        name: of the dimension.
        schema: of its rows without their keys.
        plan: of the rules.
        pools: what checks say of values.
    """

    def __init__(self, name: str, schema: pa.Schema, plan: Plan, pools: Pools) -> None:
        self._name, self._schema, self._plan, self._pools = name, schema, plan, pools
        self._possible = all_branches(plan)
        self._words: list[Words] = [np.empty(0, np.uint64) for _ in self._possible]
        self._rows = 0

    def grow(self, rows: Sequence[Row]) -> None:
        """Decide the rows that have appeared since the last time, given all rows so far."""
        new = len(rows) - self._rows
        if not new:
            return
        fresh = rows[self._rows :]
        table = Table(new, lambda names: table_of(fresh, self._schema, names), binder_of(self._plan.source))
        dimension = Dimension(table, Answers(None), self._pools)
        made = Masks.of(dimension, self._name, self._plan.branches, self._possible)
        self._reserve(len(rows))
        for word, decided in zip(self._words, made.words, strict=True):
            word[self._rows : len(rows)] = decided
        self._rows = len(rows)

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
