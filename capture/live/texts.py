"""Many checks that compare one text with constants, answered at once."""

from __future__ import annotations

from collections.abc import Iterable

from falcolab.fields.field import Reading
from falcolab.fields.types import Kind
from falcolab.lang.typed import FieldValue, Test

_OPERATORS = ("=", "==", "in", "startswith", "endswith", "contains")


class TextChecks:
    """Checks of one field that compare its text with constants.

    Only for ASCII on both sides, where characters and bytes are the same.

    Args:
        tests: each with its bit; those that ``suits`` says yes to.
    """

    def __init__(self, tests: Iterable[tuple[int, Test]]) -> None:
        self._equal: dict[str, int] = {}
        self._beginnings: dict[int, dict[str, int]] = {}
        self._ends: list[tuple[str, int]] = []
        self._parts: list[tuple[str, int]] = []
        for bit, test in tests:
            assert test.operator is not None  # noqa: S101  # suits() has said so
            for constant in test.right:  # type: ignore[union-attr]
                self._add(test.operator.name, constant, bit)

    @staticmethod
    def suits(test: Test) -> bool:
        """Whether a check compares a plain text with constants in a way that is known here."""
        left, operator, right = test.left, test.operator, test.right
        if operator is None or operator.name not in _OPERATORS or test.modifier is not None:
            return False
        if not isinstance(left, FieldValue) or left.reading is not Reading.VALUE or left.shape.is_list:
            return False
        if left.shape.type.kind is not Kind.STRING or not isinstance(right, tuple):
            return False
        return all(isinstance(each, str) and each.isascii() for each in right)

    def _add(self, operator: str, constant: str, bit: int) -> None:
        match operator:
            case "startswith":
                of_length = self._beginnings.setdefault(len(constant), {})
                of_length[constant] = of_length.get(constant, 0) | bit
            case "endswith":
                self._ends.append((constant, bit))
            case "contains":
                self._parts.append((constant, bit))
            case _:
                self._equal[constant] = self._equal.get(constant, 0) | bit

    def of(self, text: str) -> int:
        """The bits of the checks that hold for an ASCII text."""
        found = self._equal.get(text, 0)
        for length, beginnings in self._beginnings.items():
            found |= beginnings.get(text[:length], 0)
        for end, bit in self._ends:
            if text.endswith(end):
                found |= bit
        for part, bit in self._parts:
            if part in text:
                found |= bit
        return found
