"""From the YAML of a rule item to a rule, or to a change of an earlier one."""

from __future__ import annotations

from falcolab.rules import decode, overrides
from falcolab.rules.collector import Collector
from falcolab.rules.decode import invalid
from falcolab.rules.exception_reader import read_exceptions
from falcolab.rules.items import RuleItem, RuleUpdate
from falcolab.rules.priority import Priority
from falcolab.rules.result import Context, FileResult, WarningCode
from falcolab.rules.yaml import Node

_ENABLED = (
    "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry "
    "under the 'override' key (i.e. 'enabled: replace')."
)
_APPENDABLE = ("condition", "exceptions", "output", "desc", "tags")
_REPLACEABLE = (
    *("condition", "exceptions", "output", "desc", "tags", "priority"),
    *("enabled", "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration"),
)
_REQUIRED = ("condition", "output", "desc", "priority")
_ATTRIBUTES = {"desc": "description", "skip-if-unknown-filter": "skip_if_unknown_filter"}


class RuleReader:
    """Reads rule items into a collector; warnings go to the result of their file."""

    def __init__(self, collector: Collector, result: FileResult) -> None:
        self.collector, self.result = collector, result

    def read(self, item: Node, name: str, context: Context) -> None:
        """Collect what a rule item says.

        Raises:
            LoadError: its structure is wrong, or it contradicts what is there.
        """
        append, operations = overrides.appends(item, _APPENDABLE, _REPLACEABLE, context, self.result)
        if operations:
            self._override(item, name, operations, context)
        elif append:
            self._append(item, name, context)
        elif all(item.get(key) is None for key in _REQUIRED):
            enabled = decode.boolean(item, "enabled", context)
            self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, _ENABLED, context)
            self.collector.enable_rule(name, context, enabled=enabled)
        else:
            self.collector.define_rule(self._definition(item, name, context), self.result)

    def _override(self, item: Node, name: str, operations: dict[str, str], context: Context) -> None:
        expected = [key for key in _REPLACEABLE if item.get(key) is not None]
        for operation, keys in (("append", _APPENDABLE), ("replace", _REPLACEABLE)):
            chosen = [key for key in keys if operations.get(key) == operation]
            if not chosen:
                continue
            update = RuleUpdate(name, context)
            for key in chosen:
                self._take(item, key, operation, expected, update)
            if operation == "append":
                self.collector.append_rule(update)
            else:
                self.collector.replace_rule(update)
        for key in sorted(expected):
            node = item.get(key)
            message = f"Unexpected key '{key}': no corresponding entry under 'override' is defined."
            raise invalid(message, context.at(node.mark if node else item.mark, "overrides", key))

    def _take(self, item: Node, key: str, operation: str, expected: list[str], update: RuleUpdate) -> None:
        if key not in expected:
            article = "An" if operation == "append" else "A"
            message = f"{article} {operation} override for '{key}' was specified but '{key}' is not defined"
            raise invalid(message, update.context)
        expected.remove(key)
        value = self._property(item, key, update.context, append=operation == "append")
        setattr(update, _ATTRIBUTES.get(key, key), value)

    def _property(self, item: Node, key: str, context: Context, *, append: bool) -> object:
        match key:
            case "exceptions":
                return read_exceptions(item, context, self.result, append=append)
            case "tags":
                return set(decode.texts(item, "tags", context))
            case "priority":
                return _priority(item, context)
            case "capture_duration":
                return decode.unsigned(item, key, context)
            case "enabled" | "warn_evttypes" | "skip-if-unknown-filter" | "capture":
                return decode.boolean(item, key, context)
            case _:
                return decode.text(item, key, context)

    def _append(self, item: Node, name: str, context: Context) -> None:
        update = RuleUpdate(name, context)
        if item.get("condition") is not None:
            update.condition = decode.text(item, "condition", context)
        if item.get("exceptions") is not None:
            update.exceptions = read_exceptions(item, context, self.result, append=True)
        self.collector.append_rule(update)

    def _definition(self, item: Node, name: str, context: Context) -> RuleItem:
        """A full definition; the order in which keys are looked at is that of Falco's complaints."""
        rule = RuleItem(name, context)
        rule.condition = decode.text(item, "condition", context)
        rule.condition_context = decode.inside(item, "condition", "rule condition", context)
        rule.output = decode.text(item, "output", context).strip(" \t\n\v\f\r")
        rule.output_context = decode.inside(item, "output", "rule output", context)
        rule.description = decode.text(item, "desc", context)
        rule.priority = _priority(item, context)
        if item.get("source") is not None:
            rule.source = decode.text(item, "source", context, may_be_empty=True) or rule.source
        rule.enabled = decode.optional_boolean(item, "enabled", context, default=True)
        rule.warn_evttypes = decode.optional_boolean(item, "warn_evttypes", context, default=True)
        rule.skip_if_unknown_filter = decode.optional_boolean(
            item, "skip-if-unknown-filter", context, default=False
        )
        rule.capture = decode.optional_boolean(item, "capture", context, default=False)
        if item.get("capture_duration") is not None:
            rule.capture_duration = decode.unsigned(item, "capture_duration", context)
        if item.get("tags") is not None:
            rule.tags = set(decode.texts(item, "tags", context))
        rule.exceptions = read_exceptions(item, context, self.result, append=False)
        return rule


def _priority(item: Node, context: Context) -> Priority:
    text = decode.text(item, "priority", context)
    priority = Priority.parse(text)
    if priority is None:
        known = ", ".join(level.name for level in Priority)
        place = decode.inside(item, "priority", "rule priority", context)
        raise invalid("Invalid priority", place, hint=f"one of {known}")
    return priority
