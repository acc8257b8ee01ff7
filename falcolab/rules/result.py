"""What loading a rules file found: errors and warnings with Falco's codes and JSON shape.

Source of codes and shape: ``userspace/engine/falco_load_result.cpp`` and
``rule_loader.cpp`` of falcosecurity/falco.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from falcolab.lang.ast import Pos
from falcolab.lang.strings import to_bytes
from falcolab.rules.yaml import Mark


class ErrorCode(Enum):
    """Why a file does not load; the value is Falco's short description."""

    LOAD_ERR_FILE_READ = "File read error"
    LOAD_ERR_YAML_PARSE = "YAML parse error"
    LOAD_ERR_YAML_VALIDATE = "Error validating internal structure of YAML file"
    LOAD_ERR_COMPILE_CONDITION = "Error compiling condition"
    LOAD_ERR_COMPILE_OUTPUT = "Error compiling output"
    LOAD_ERR_VALIDATE = "Error validating rule/macro/list/exception objects"
    LOAD_ERR_EXTENSION = "Error in extension item"


class WarningCode(Enum):
    """What a file does that Falco warns about; the value says it in our words."""

    LOAD_UNKNOWN_SOURCE = "The event source of a rule is unknown, so Falco ignores the rule."
    LOAD_UNSAFE_NA_CHECK = "Comparing with <NA> does not test whether a field is absent; 'exists' does."
    LOAD_NO_EVTTYPE = "A condition is tried on too many event types, which costs time."
    LOAD_UNKNOWN_FILTER = (
        "A rule uses a field or event type that does not exist, and asks to be skipped then."
    )
    LOAD_UNUSED_MACRO = "A macro is defined and nothing uses it."
    LOAD_UNUSED_LIST = "A list is defined and nothing uses it."
    LOAD_UNKNOWN_ITEM = "A top-level item is of no known kind and is ignored."
    LOAD_DEPRECATED_ITEM = "A deprecated item is employed by lists, macros, or rules."
    LOAD_WARNING_EXTENSION = "An extension item has a warning."
    LOAD_APPEND_NO_VALUES = "A rule exception is overriding/appending with no values"
    LOAD_EXCEPTION_NAME_NOT_UNIQUE = "A rule has two exceptions of one name."
    LOAD_INVALID_MACRO_NAME = "A macro is defined with an invalid name"
    LOAD_INVALID_LIST_NAME = "A list is defined with an invalid name"
    LOAD_COMPILE_CONDITION = "A condition compiles, but probably not to what was meant."
    LOAD_UNKNOWN_KEY = "An item has a key that does not belong there; it is ignored."


@dataclass(frozen=True, slots=True)
class Location:
    """One step on the way to a finding: an item of a file and where it begins."""

    item_type: str
    item_name: str
    file: str
    mark: Mark

    def as_json(self, text: str) -> dict[str, Any]:
        """Falco's shape of a location; it counts bytes.

        Args:
            text: of the file that the location is in.
        """
        mark = self.mark if text.isascii() else _in_bytes(self.mark, text)
        position = {"name": self.file, "line": mark.line, "column": mark.column, "offset": mark.offset}
        return {"item_type": self.item_type, "item_name": self.item_name, "position": position}


def _in_bytes(mark: Mark, text: str) -> Mark:
    before = text[: mark.offset]
    line = text[max(mark.offset - mark.column, 0) : mark.offset]
    return Mark(mark.line, len(to_bytes(line)), len(to_bytes(before)))


@dataclass(frozen=True, slots=True)
class Context:
    """Where something was found: from the file down to the item, and the text that shows it.

    Attributes:
        locations: from the whole file to the finding.
        condition: the condition that the last location points into, if it does.
    """

    locations: tuple[Location, ...]
    condition: str | None = None

    @classmethod
    def of_file(cls, name: str) -> Context:
        """The context of a whole file."""
        return cls((Location("rules content", "", name, Mark()),))

    def at(self, mark: Mark, item_type: str, item_name: str = "") -> Context:
        """One step further in: an item at a place of the same file."""
        location = Location(item_type, item_name, self.locations[0].file, mark)
        return Context((*self.locations, location))

    def in_condition(self, pos: Pos, condition: str) -> Context:
        """One step further in: a place within a condition, which takes the file's role."""
        shown = condition if len(condition) <= 20 else condition[:17] + "..."
        name = '"' + shown.replace("\n", " ").replace("\r", " ") + '"'
        last = self.locations[-1].mark
        mark = Mark(last.line + pos.line, last.column + pos.column, last.offset + pos.index)
        return Context((*self.locations, Location("condition expression", "", name, mark)), condition)

    def as_json(self, contents: dict[str, str]) -> list[dict[str, Any]]:
        """Falco's shape of the locations."""
        text = contents.get(self.file, "")
        inside = [location for location in self.locations if location.file == self.file]
        out = [location.as_json(text) for location in inside]
        for location in self.locations[len(inside) :]:
            shifted = replace(location, mark=self._from_bytes(location.mark, out[-1]["position"]))
            out.append(shifted.as_json(""))
        return out

    def _from_bytes(self, mark: Mark, outer: dict[str, Any]) -> Mark:
        """A place in the condition, which counts from that of the condition in bytes."""
        index, column = self.pos_in_condition() or 0, mark.column - self.locations[-2].mark.column
        before = (self.condition or "")[:index]
        line = before[max(index - column + 1, 0) :]
        wider = len(to_bytes(line)) - len(line)
        return Mark(mark.line, outer["column"] + column + wider, outer["offset"] + len(to_bytes(before)))

    @property
    def file(self) -> str:
        """The file's name."""
        return self.locations[0].file

    @property
    def item(self) -> Location:
        """The innermost item that the file itself holds: a rule rather than a place in its condition."""
        inside = [location for location in self.locations if location.item_type != "condition expression"]
        return inside[-1]

    def pos_in_condition(self) -> int | None:
        """The index into ``condition`` that the last location points to."""
        if self.condition is None:
            return None
        return self.locations[-1].mark.offset - self.locations[-2].mark.offset


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning.

    Attributes:
        code: Falco's name of it.
        message: what is wrong.
        context: where.
        description: what the code means.
        hint: what to do, if that is known.
        deprecated_field: the field that it is about, if it is about a deprecated one.
    """

    code: str
    message: str
    context: Context
    description: str
    hint: str | None = None
    deprecated_field: str | None = None

    def as_json(self, contents: dict[str, str]) -> dict[str, Any]:
        """Falco's shape of an error or warning."""
        out = {
            "code": self.code,
            "codedesc": self.description,
            "message": self.message,
            "context": {
                "locations": self.context.as_json(contents),
                "snippet": snippet(self.context, contents),
            },
        }
        return out if self.deprecated_field is None else out | {"deprecated_field": self.deprecated_field}


@dataclass(slots=True)
class FileResult:
    """The outcome of loading one file, after the files before it."""

    name: str
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    schema_valid: bool | None = None
    schema_warnings: list[str] = field(default_factory=list)

    @property
    def successful(self) -> bool:
        """Whether Falco would go on with it."""
        return not self.errors

    def error(self, code: ErrorCode, message: str, context: Context, hint: str | None = None) -> None:
        """Record an error."""
        self.errors.append(Finding(code.name, message, context, code.value, hint))

    def warn(self, code: WarningCode, message: str, context: Context, hint: str | None = None) -> None:
        """Record a warning."""
        self.warnings.append(Finding(code.name, message, context, code.value, hint))

    def warn_deprecated(self, field_name: str, message: str, context: Context) -> None:
        """Record the use of a deprecated field."""
        code = WarningCode.LOAD_DEPRECATED_ITEM
        self.warnings.append(Finding(code.name, message, context, code.value, None, field_name))

    def as_json(self, contents: dict[str, str]) -> dict[str, Any]:
        """Falco's shape of one file's result."""
        out: dict[str, Any] = {
            "name": self.name,
            "successful": self.successful,
            "errors": [finding.as_json(contents) for finding in self.errors],
            "warnings": [finding.as_json(contents) for finding in self.warnings],
        }
        if self.schema_valid is not None:
            out |= {"schema_valid": self.schema_valid, "schema_warnings": self.schema_warnings}
        return out


_WIDTH = 160


def snippet(context: Context, contents: dict[str, str]) -> str:
    """The line that a context points into, with a caret below the place."""
    if context.condition is not None:
        text, index = context.condition, context.pos_in_condition() or 0
    else:
        text, index = contents.get(context.file, ""), context.locations[-1].mark.offset
    if not text:
        return "<No context available>\n"
    while index > 0 and (index >= len(text) or text[index] == "\n"):
        index -= 1
    return _line_with_caret(text, index)


def _line_with_caret(text: str, index: int) -> str:
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    low, high = max(start, index - _WIDTH // 2), min(end, index + _WIDTH // 2)
    line = text[low:high]
    if low > start:
        line = "..." + line[3:]
    if high < end:
        line = line[:-3] + "..."
    return f"{line}\n{' ' * (index - low)}^\n"
