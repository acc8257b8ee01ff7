"""What lints look at: the items of some loaded files, each condition read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from falcolab.lang.ast import And
from falcolab.rules.decode import LoadError
from falcolab.rules.expansion import expand_lists, with_exceptions
from falcolab.rules.items import Entry, ExceptionItem, MacroItem, RuleItem
from falcolab.rules.lint.formula import TooLargeError, expand, expand_part, opaque_part
from falcolab.rules.lint.written import Written, read
from falcolab.rules.loader import Loaded
from falcolab.rules.result import Context


@dataclass(frozen=True, slots=True)
class Problem:
    """What a lint has found: what is wrong, where, and what to do."""

    message: str
    context: Context
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """One value row of an exception, as a condition."""

    exception: ExceptionItem
    written: Written
    text: str


class Subject:
    """The rules, macros and lists of some files, also when they do not load.

    Attributes:
        loaded: what loading found.
        collector: the items.
        lists: the items of each list, with lists inside lists in place.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.collector = loaded, loaded.collector
        self.lists = expand_lists(self.collector.lists)[0]
        self._formulas: dict[Written, Any] = {}

    @cached_property
    def macros(self) -> dict[str, Written]:
        """The macros whose conditions can be read."""
        items = self.collector.macros.items()
        return {name: found for name, item in items if (found := self._read(item, item.condition))}

    @cached_property
    def rules(self) -> dict[str, Written]:
        """The rules whose conditions can be read, without their exceptions."""
        items = self.collector.rules.items()
        return {name: found for name, item in items if (found := self._read(item, item.condition))}

    @property
    def conditions(self) -> list[Written]:
        """Every macro and every rule."""
        return [*self.macros.values(), *self.rules.values()]

    def _read(self, item: RuleItem | MacroItem, text: str) -> Written | None:
        return read(item, text, self.lists)

    def formula(self, written: Written) -> Any:
        """The condition with everything in place; None when it is too large."""
        if written not in self._formulas:
            try:
                self._formulas[written] = expand(written, self.macros)
            except TooLargeError:
                self._formulas[written] = None
        return self._formulas[written]

    def part(self, node: Any, written: Written) -> Any:
        """A part of a condition with everything in place.

        Raises:
            TooLargeError: it is too large.
        """
        return expand_part(node, written, self.macros)

    def names(self, node: Any, written: Written) -> Any:
        """A part of a condition with macros and lists as mere names.

        Raises:
            TooLargeError: it is too large.
        """
        return opaque_part(node, written)

    def with_exceptions(self, rule: RuleItem) -> Written | None:
        """The condition of a rule together with its exceptions."""
        if not rule.exceptions:
            return self.rules.get(rule.name)
        try:
            return self._read(rule, with_exceptions(rule.condition, rule.exceptions))
        except LoadError:
            return None

    def rows(self, rule: RuleItem) -> Iterator[Row]:
        """The value rows of a rule's exceptions that can be read; a single field has one per value."""
        for exception in rule.exceptions:
            for entry in exception.values:
                written = self._row(rule, replace(exception, values=[entry]))
                if written is not None:
                    yield Row(exception, written, _shown(entry))

    def _row(self, rule: RuleItem, exception: ExceptionItem) -> Written | None:
        try:
            written = self._read(rule, with_exceptions("placeholder", [exception]))
        except LoadError:
            return None
        if written is None or not isinstance(written.tree, And):
            return None
        return replace(written, tree=written.tree.children[1].child)


def _shown(entry: Entry) -> str:
    if entry.items is None:
        return entry.item or ""
    return f"[{', '.join(map(_shown, entry.items))}]"
