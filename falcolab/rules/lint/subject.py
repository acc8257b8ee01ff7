"""What lints look at: the items of some loaded files, each condition read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from falcolab.lang.ast import And
from falcolab.rules.decode import LoadError
from falcolab.rules.expansion import Lists, with_exceptions
from falcolab.rules.items import Entry, ExceptionItem, MacroItem, RuleItem
from falcolab.rules.lint.formula import MAX_ATOMS, Builder, Formula, Meanings
from falcolab.rules.lint.logic import Logic
from falcolab.rules.lint.work import Work
from falcolab.rules.lint.written import Written, read
from falcolab.rules.loader import Loaded
from falcolab.rules.result import Context


@dataclass(frozen=True, slots=True)
class Problem:
    """What a lint has found: what is wrong, where, and what to do."""

    message: str
    context: Context
    hint: str


_ROW = 200
"""The steps that reading a row is worth."""


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
        work: what the current lint may still do.
        logic: how formulas relate.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.collector = loaded, loaded.collector
        self._lists = Lists(self.collector.lists)
        self.work = Work()
        self.logic = Logic(self.work)
        self._meanings = Meanings()

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
        return read(item, text, self._lists)

    @cached_property
    def _whole(self) -> Builder:
        return Builder(self.macros, self._meanings, self.work)

    @cached_property
    def _names(self) -> Builder:
        return Builder({}, self._meanings, self.work, names_only=True)

    def formula(self, written: Written) -> Formula | None:
        """The condition with macros and lists in place; None when it is too large."""
        return self._whole.formula(written.tree, written)

    def part(self, node: Any, written: Written) -> Formula | None:
        """The same for a part of a condition."""
        return self._whole.formula(node, written)

    def names(self, node: Any, written: Written) -> Formula | None:
        """A part of a condition with macros and lists as mere names; None when it is too large."""
        return self._names.formula(node, written)

    def with_exceptions(self, rule: RuleItem) -> Written | None:
        """The condition of a rule together with its exceptions."""
        if not rule.exceptions:
            return self.rules.get(rule.name)
        rows = sum(len(exception.values) for exception in rule.exceptions if exception.fields.is_list)
        if rows > MAX_ATOMS:
            return None  # slow to read, and too large
        try:
            return self._read(rule, with_exceptions(rule.condition, rule.exceptions))
        except LoadError:
            return None

    def rows(self, rule: RuleItem) -> Iterator[Row]:
        """The value rows of a rule's exceptions that can be read; a single field has one per value."""
        for exception in rule.exceptions:
            for entry in exception.values:
                self.work.spend(_ROW)
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
