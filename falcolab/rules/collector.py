"""Items of all files so far: later ones define anew, append to or replace earlier ones.

Source: ``userspace/engine/rule_loader_collector.cpp`` of falcosecurity/falco.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeVar

from falcolab.fields.catalogue import SOURCES, Source
from falcolab.rules.decode import refused
from falcolab.rules.exceptions import validate_exception
from falcolab.rules.items import (
    ExceptionItem,
    ListItem,
    MacroItem,
    PluginRequirement,
    RuleItem,
    RuleUpdate,
)
from falcolab.rules.result import Context, FileResult, WarningCode
from falcolab.rules.version import ENGINE, Version

_Info = TypeVar("_Info", ListItem, MacroItem, RuleItem)


@dataclass(slots=True)
class Collector:
    """Everything defined so far, each kind in the order of first definition.

    Attributes:
        known_sources: the event sources whose rules count; others are skipped with a warning.
    """

    known_sources: Collection[str] = tuple(SOURCES)
    lists: dict[str, ListItem] = field(default_factory=dict)
    macros: dict[str, MacroItem] = field(default_factory=dict)
    rules: dict[str, RuleItem] = field(default_factory=dict)
    engine: Version | None = None
    plugins: list[PluginRequirement] = field(default_factory=list)
    counter: int = 0

    def _next(self) -> int:
        self.counter += 1
        return self.counter - 1

    def _define(self, table: dict[str, _Info], info: _Info) -> None:
        position = self._next()
        previous = table.get(info.name)
        info.index = position if previous is None else previous.index
        info.visibility = position
        table[info.name] = info

    def require_engine(self, version: Version, context: Context) -> None:
        """Note the engine version that a file needs; refuse one that is newer than ours."""
        if not ENGINE.satisfies(version):
            message = f"Rules require engine version {version}, but engine version is {ENGINE}"
            raise refused(message, context)
        self.engine = version if self.engine is None else max(self.engine, version)

    def require_plugin(self, requirement: PluginRequirement) -> None:
        """Note a plugin that a file needs."""
        seen: set[str] = set()
        for name, version in requirement.alternatives:
            if Version.parse(version) is None:
                message = f"Invalid required version '{version}' for plugin '{name}'"
                raise refused(message, requirement.context)
            if name in seen:
                message = f"Defined multiple alternative version requirements for plugin '{name}'"
                raise refused(message, requirement.context)
            seen.add(name)
        self.plugins.append(requirement)

    def define_list(self, info: ListItem) -> None:
        """Define a list, in the place of an earlier one of its name."""
        self._define(self.lists, info)

    def append_list(self, info: ListItem) -> None:
        """Add items to a list."""
        previous = self.lists.get(info.name)
        if previous is None:
            message = "List uses 'append' or 'override.items: append' but no list by that name already exists"
            raise refused(message, info.context, _nearest(info.name, self.lists))
        previous.items.extend(info.items)
        previous.visibility = self._next()

    def define_macro(self, info: MacroItem) -> None:
        """Define a macro, in the place of an earlier one of its name."""
        self._define(self.macros, info)

    def append_macro(self, info: MacroItem) -> None:
        """Add text to a macro's condition."""
        previous = self.macros.get(info.name)
        if previous is None:
            message = (
                "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists"
            )
            raise refused(message, info.context, _nearest(info.name, self.macros))
        previous.condition += " " + info.condition
        previous.visibility = self._next()

    def define_rule(self, info: RuleItem, result: FileResult) -> None:
        """Define a rule, in the place of an earlier one of its name."""
        previous = self.rules.get(info.name)
        if previous is not None and previous.source != info.source:
            raise refused("Rule has been re-defined with a different source", info.context)
        if info.source not in self.known_sources:
            info.unknown_source = True
            message = f"Unknown source {info.source}, skipping"
            result.warn(WarningCode.LOAD_UNKNOWN_SOURCE, message, info.context)
        for exception in info.exceptions:
            if not exception.fields.is_valid:
                message = "Rule exception item must have fields property with a list of fields"
                raise refused(message, exception.context)
            validate_exception(exception, self._source_of(info))
        self._define(self.rules, info)

    def _source_of(self, rule: RuleItem) -> Source | None:
        return None if rule.unknown_source else SOURCES.get(rule.source)

    def append_rule(self, update: RuleUpdate) -> None:
        """Add to the properties of a rule."""
        previous = self.rules.get(update.name)
        if previous is None:
            message = "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists"
            raise refused(message, update.context, _nearest(update.name, self.rules))
        if not update.changes():
            message = "Appended rule must have exceptions or condition property"
            raise refused(message, update.context)
        for name in ("condition", "output", "description"):
            if text := getattr(update, name):
                setattr(previous, name, f"{getattr(previous, name)} {text}")
        previous.tags |= update.tags or set()
        for exception in update.exceptions or ():
            self._append_exception(previous, exception)
        previous.visibility = self._next()

    def _append_exception(self, rule: RuleItem, exception: ExceptionItem) -> None:
        previous = next((other for other in rule.exceptions if other.name == exception.name), None)
        if previous is None:
            for what, there in (("fields", exception.fields.is_valid), ("values", bool(exception.values))):
                if not there:
                    message = f"Rule exception must have {what} property with a list of {what}"
                    raise refused(message, exception.context)
            validate_exception(exception, self._source_of(rule))
            rule.exceptions.append(exception)
            return
        for what, entry in (("fields", exception.fields), ("comps", exception.comps)):
            if entry.is_valid:
                message = f"Can not append exception {what} to existing exception, only values"
                raise refused(message, exception.context)
        previous.values.extend(exception.values)

    def replace_rule(self, update: RuleUpdate) -> None:
        """Set properties of a rule."""
        previous = self.rules.get(update.name)
        if previous is None:
            message = (
                "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists"
            )
            raise refused(message, update.context, _nearest(update.name, self.rules))
        # Falco neither checks replaced exceptions nor fills in their comparisons.
        for name, value in update.changes().items():
            setattr(previous, name, value)
        previous.visibility = self._next()

    def enable_rule(self, name: str, context: Context, *, enabled: bool) -> None:
        """Switch an earlier rule on or off, the deprecated way."""
        previous = self.rules.get(name)
        if previous is None:
            message = "Rule has 'enabled' key but no rule by that name already exists"
            raise refused(message, context, _nearest(name, self.rules))
        previous.enabled = enabled


def _nearest(name: str, known: Collection[str]) -> str | None:
    near = difflib.get_close_matches(name[:100], list(known)[:10_000], n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else "is the file that defines it loaded first?"
