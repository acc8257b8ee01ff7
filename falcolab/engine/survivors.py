"""The few events that the masks let through, and the columns by which they are decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from falcolab.engine.answers import Bools, Indices
from falcolab.engine.binding import Binding
from falcolab.engine.coded import plain
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.masks import combine
from falcolab.engine.part import LOCAL, PartData
from falcolab.engine.plan import Atom, tests_in
from falcolab.engine.table import Table
from falcolab.lang.typed import Test


class Survivors:
    """Some events of a part; everything below is asked by positions among them.

    Args:
        part: the part.
        rows: the events, in ascending order.
        local: of some dimensions the row of every event.
    """

    def __init__(self, part: PartData, rows: Indices, local: dict[str, Indices]) -> None:
        self.rows = rows
        self._part, self._local = part, local
        self._columns: dict[str, pa.Array] = {}
        self._contents: dict[tuple[str, ...], _Contents] = {}

    def local(self, table: str) -> Indices:
        """For every event its row in a dimension."""
        if table not in self._local:
            keys = self._part.picked(self._part.layout.key_of(table), self.rows)
            self._local[table] = keys.to_numpy() & LOCAL
        return self._local[table]

    def of_events(self, atom: Atom, positions: Indices) -> Bools:
        """The truth of an atom that reads the events' own columns."""
        picked = pa.array(positions)

        def load(names: Sequence[str]) -> pa.Table:
            return pa.table([self._column(name).take(picked) for name in names], list(names))

        table = Table(len(positions), load, self._part.bind)
        tests = list({id(test): test for test in tests_in(atom.condition)}.values())
        truths = dict(zip(map(id, tests), table.judge(tests), strict=True))
        return combine(atom.condition, truths, len(positions))

    def across(self, test: Test, positions: Indices) -> Bools:
        """The truth of a check that reads several tables, found once per distinct content of these."""
        slots = slots_of(test)
        judge = compile_test(test, slots)
        bindings = [self._part.bind(value) for value in slots]
        names = tuple(dict.fromkeys(name for binding in bindings for name in binding.columns))
        getters = [_getter(binding, names) for binding in bindings]
        contents = self._contents.setdefault(names, _Contents(len(self.rows)))
        contents.add(positions, lambda asked: [plain(self._column(name).take(asked)) for name in names])
        wanted, place = np.unique(contents.codes[positions], return_inverse=True)
        rows = (contents.rows[code] for code in wanted)
        return np.array([judge([get(row) for get in getters]) for row in rows], np.bool_)[place]

    def _column(self, name: str) -> pa.Array:
        """A stored column, of the events or of a dimension, for all of these events."""
        if name not in self._columns:
            table = self._part.layout.dimension_of.get(name)
            if table is None:
                self._columns[name] = self._part.picked(name, self.rows)
            else:
                column = self._part.table(table).stored([name])[0]
                self._columns[name] = column.take(pa.array(self.local(table))).combine_chunks()
        return self._columns[name]


class _Contents:
    """Which events have the same values in some columns.

    Attributes:
        codes: for every event the position of its values in ``rows``, once it has been added.
        rows: the distinct values, row by row.
    """

    def __init__(self, events: int) -> None:
        self.codes = np.full(events, -1, np.int64)
        self.rows: list[tuple[Any, ...]] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def add(self, positions: Indices, load: Callable[[pa.Array], list[list[Any]]]) -> None:
        """Add events that may have been added before, given how to load the columns of some."""
        new = positions[self.codes[positions] < 0]
        if not len(new):
            return
        codes = []
        for row in zip(*load(pa.array(new)), strict=True):
            code = self._known.setdefault(row, len(self.rows))
            if code == len(self.rows):
                self.rows.append(row)
            codes.append(code)
        self.codes[new] = codes


def _getter(binding: Binding, names: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """A field's value from a row of some columns."""
    compute, places = binding.compute, [names.index(name) for name in binding.columns]
    if compute is None:
        return itemgetter(places[0])
    return lambda row: compute(*[row[place] for place in places])
