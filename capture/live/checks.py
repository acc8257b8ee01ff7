"""What checks say of the values of one column, found once for each value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from capture.live.texts import TextChecks
from falcolab.engine.binders import Bind
from falcolab.engine.event import compile_test, slots_of
from falcolab.lang.typed import FieldValue, Test

Values = Sequence[Any]
"""The values of some columns of one row."""

_MOST_KNOWN = 16_384
"""How many values are remembered; then remembering begins anew, so that memory stays bounded."""


class Checks:
    """Checks that read the same columns of a table, of which each has a bit.

    Args:
        columns: their names.
        tests: bit -> check.
        bind: says which columns hold a field.

    Attributes:
        known: bits of the checks that hold, by value; by a tuple of values where columns are several.
    """

    def __init__(self, columns: Sequence[str], tests: Mapping[int, Test], bind: Bind) -> None:
        self.known: dict[Any, int] = {}
        self._is_single = len(columns) == 1
        is_stored = all(bind(value).compute is None for test in tests.values() for value in slots_of(test))
        simple = {
            bit: test
            for bit, test in tests.items()
            if self._is_single and is_stored and TextChecks.suits(test)
        }
        self._texts = TextChecks(simple.items())
        judges = {bit: _judge(test, columns, bind) for bit, test in tests.items()}
        self._all = list(judges.items())
        self._others = [(bit, judge) for bit, judge in judges.items() if bit not in simple]

    def of(self, value: Any) -> int:
        """The bits of the checks that hold for a value that is not known yet."""
        row = (value,) if self._is_single else value
        if isinstance(value, str) and value.isascii():
            found = self._texts.of(value)
            judges = self._others
        else:
            found, judges = 0, self._all
        for bit, judge in judges:
            if judge(row):
                found |= bit
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[value] = found
        return found


def _judge(test: Test, columns: Sequence[str], bind: Bind) -> Callable[[Values], bool]:
    """A check as a function of the values of some columns."""
    slots = slots_of(test)
    judge = compile_test(test, slots)
    getters = [_getter(value, columns, bind) for value in slots]
    return lambda row: judge([get(row) for get in getters])


def _getter(value: FieldValue, columns: Sequence[str], bind: Bind) -> Callable[[Values], Any]:
    """A field's value from the values of some columns."""
    binding = bind(value)
    compute, places = binding.compute, [columns.index(name) for name in binding.columns]
    if compute is None:
        place = places[0]
        return lambda row: row[place]
    return lambda row: compute(*[row[place] for place in places])
