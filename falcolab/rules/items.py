"""The items of rules files as they are collected: lists, macros, rules, exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field

from falcolab.fields.catalogue import SYSCALL
from falcolab.rules.priority import Priority
from falcolab.rules.result import Context


@dataclass(slots=True)
class Entry:
    """A part of an exception: a text, or a list of parts.

    Attributes:
        item: the text, when it is no list.
        items: the parts, when it is one.
    """

    item: str | None = None
    items: list[Entry] | None = None

    @property
    def is_list(self) -> bool:
        """Whether it is a list of parts."""
        return self.items is not None

    @property
    def is_valid(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.items) if self.is_list else bool(self.item)

    def texts(self) -> list[str]:
        """The texts of its direct parts; a part that is itself a list counts as empty."""
        return [entry.item or "" for entry in self.items or ()]


@dataclass(slots=True)
class ExceptionItem:
    """One entry of a rule's ``exceptions``."""

    name: str
    context: Context
    fields: Entry = field(default_factory=Entry)
    comps: Entry = field(default_factory=Entry)
    values: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class ListItem:
    """A list: a name for texts that are put into conditions."""

    name: str
    items: list[str]
    context: Context
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class MacroItem:
    """A macro: a name for a condition."""

    name: str
    condition: str
    context: Context
    condition_context: Context
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class RuleItem:
    """A rule as defined, with what later items appended or replaced.

    ``index`` is the position of its first definition, which decides the order of rules;
    ``visibility`` that of the latest change.
    """

    name: str
    context: Context
    condition: str = ""
    condition_context: Context = field(default_factory=lambda: Context(()))
    output: str = ""
    output_context: Context = field(default_factory=lambda: Context(()))
    description: str = ""
    priority: Priority = Priority.DEBUG
    source: str = SYSCALL
    enabled: bool = True
    tags: set[str] = field(default_factory=set)
    exceptions: list[ExceptionItem] = field(default_factory=list)
    warn_evttypes: bool = True
    skip_if_unknown_filter: bool = False
    capture: bool = False
    capture_duration: int = 0
    unknown_source: bool = False
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class RuleUpdate:
    """What an appending or overriding item changes; None leaves a property as it is."""

    name: str
    context: Context
    condition: str | None = None
    output: str | None = None
    description: str | None = None
    priority: Priority | None = None
    enabled: bool | None = None
    tags: set[str] | None = None
    exceptions: list[ExceptionItem] | None = None
    warn_evttypes: bool | None = None
    skip_if_unknown_filter: bool | None = None
    capture: bool | None = None
    capture_duration: int | None = None

    def changes(self) -> dict[str, object]:
        """The properties that it sets."""
        names = [name for name in self.__slots__ if name not in ("name", "context")]
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class PluginRequirement:
    """A required plugin with the alternatives that would do as well: (name, version) pairs."""

    alternatives: tuple[tuple[str, str], ...]
    context: Context
