"""The rows of one dimension, interned by value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from falcolab.lake import syscall_schema as schema
from falcolab.lake.columns import Columns
from falcolab.system.values import FIELDS, Context
from falcolab.system.values.context import Extract

Row = tuple[Any, ...]
"""Values in the order of a table's columns."""


class Clearable(Protocol):
    """Can forget."""

    def clear(self) -> None:
        """Forget everything."""


MAX_KNOWN = 65_536
"""How many keys are remembered; then remembering begins anew, so that memory stays bounded."""


def values(names: Sequence[str]) -> Callable[[Context], tuple[Any, ...]]:
    """What gives the values of fields, in the order of their names."""
    found = [_extract(name) for name in names]
    return lambda context: tuple([extract(context, arg) for extract, arg in found])


def _extract(name: str) -> tuple[Extract, str | None]:
    """How a field gets its value; ``evt.abspath.dst`` is a field with a member."""
    if name in FIELDS:
        return FIELDS[name].value, None
    base, _, member = name.rpartition(".")
    return FIELDS[base].value, member


class Dimension:
    """The rows of one dimension, and which of them stands for what was seen before.

    Args:
        table: its name.
        names: the fields that it holds.
        base: what is added to the number of a row to get its key.

    Attributes:
        known: the row of each state that was seen before, by a key of the state.
        also_known: what else knows rows by states and has to forget them at the same time.
        rows: the rows without their keys, in the order in which they appeared.
        columns: the same with their keys, on their way to Arrow.
    """

    def __init__(self, table: str, names: Sequence[str], base: int) -> None:
        self._base = base
        self._ids: dict[Row, int] = {}
        self.rows: list[Row] = []
        self.known: dict[Hashable, int] = {}
        self.also_known: Clearable | None = None
        self.columns = Columns(schema.SCHEMAS[table])
        self._values = values(names)
        self._absent = (None,) * len(names)

    def intern(self, own: Row, context: Context) -> int:
        """The row that begins with some values of its own and goes on with the fields."""
        return self.intern_row((*own, *self._values(context)))

    def intern_absent(self, own: Row) -> int:
        """The row that begins with some values of its own and has none of the fields."""
        return self.intern_row((*own, *self._absent))

    def intern_row(self, row: Row, size: int = 0) -> int:
        """The row with these values, which take about ``size`` bytes."""
        found = self._ids.get(row)
        if found is None:
            found = self._ids[row] = self._base | len(self._ids)
            self.rows.append(row)
            self.columns.append((found, *row), size=size)
        return found

    def forget(self) -> None:
        """Forget which rows stand for what was seen before."""
        self.known.clear()
        if self.also_known is not None:
            self.also_known.clear()

    def remember(self, key: Hashable, row: int) -> int:
        """Know a row by a key, unless that is None."""
        if key is None:
            return row
        if len(self.known) >= MAX_KNOWN:
            self.known.clear()
        self.known[key] = row
        return row
