"""From the YAML of one rules file to items in the collector.

Source: ``userspace/engine/rule_loader_reader.cpp`` of falcosecurity/falco. Reading stops
at the first error of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from falcolab.rules import decode, yaml
from falcolab.rules.collector import Collector
from falcolab.rules.decode import LoadError, invalid
from falcolab.rules.items import ListItem, MacroItem, PluginRequirement, RuleItem, RuleUpdate
from falcolab.rules.priority import Priority
from falcolab.rules.result import Context, ErrorCode, FileResult, WarningCode
from falcolab.rules.version import Version
from falcolab.rules.yaml import Node

_MACRO_NAME = r"([a-zA-Z]+[a-zA-Z0-9_]*)"
_LIST_NAME = r"""([^()"'[:space:]=,]+)"""
_VALID_MACRO_NAME = re.compile(_MACRO_NAME)
_VALID_LIST_NAME = re.compile(r"""[^()"'\s=,]+""", re.ASCII)

_APPEND = (
    "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)
_ENABLED = (
    "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry "
    "under the 'override' key (i.e. 'enabled: replace')."
)
_BOTH = (
    "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry "
    "(e.g. 'condition: append') under 'override' instead."
)

KEYS = {
    "required_engine_version": frozenset({"required_engine_version"}),
    "required_plugin_versions": frozenset({"required_plugin_versions"}),
    "list": frozenset({"list", "items", "append", "override"}),
    "macro": frozenset({"macro", "condition", "append", "override"}),
    "rule": frozenset(
        {
            "rule",
            "condition",
            "output",
            "desc",
            "priority",
            "source",
            "enabled",
            "tags",
            "exceptions",
            "warn_evttypes",
            "skip-if-unknown-filter",
            "capture",
            "capture_duration",
            "append",
            "override",
        }
    ),
}
"""The kinds of items, in the order in which Falco looks for them, with the keys that each may have."""

_APPENDABLE = ("condition", "exceptions", "output", "desc", "tags")
_REPLACEABLE = (
    *("condition", "exceptions", "output", "desc", "tags", "priority"),
    *("enabled", "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration"),
)
_ATTRIBUTES = {"desc": "description", "skip-if-unknown-filter": "skip_if_unknown_filter"}


def read(content: str, name: str, collector: Collector, result: FileResult) -> bool:
    """Collect the items of a file's content; whether that went without error."""
    context = Context.of_file(name)
    try:
        documents = yaml.load_all(content)
    except yaml.YamlError as error:
        place = context.at(error.mark, "value for")
        result.error(ErrorCode.LOAD_ERR_YAML_PARSE, error.message, place)
        return False
    try:
        for document in documents:
            if not document.is_null:
                _read_document(document, context, collector, result)
    except LoadError as error:
        result.error(error.code, error.message, error.context, error.hint)
        return False
    return True


def _read_document(document: Node, context: Context, collector: Collector, result: FileResult) -> None:
    if document.items is None:
        kind = "yaml array of objects" if document.pairs is not None else "yaml"
        raise invalid(f"Rules content is not {kind}", context)
    reader = _Reader(collector, result, context)
    for item in document.items:
        if not item.is_null:
            reader.read_item(item)


class _Reader:
    def __init__(self, collector: Collector, result: FileResult, context: Context) -> None:
        self.collector, self.result, self.context = collector, result, context
        self.kinds: dict[str, Callable[[Node], None]] = {
            "required_engine_version": self._engine_version,
            "required_plugin_versions": self._plugin_versions,
            "list": self._list,
            "macro": self._macro,
            "rule": self._rule,
        }

    def read_item(self, item: Node) -> None:
        place = self.context.at(item.mark, "rules content item")
        if item.pairs is None:
            message = "Unexpected element type. Each element should be a yaml associative array."
            raise invalid(message, place)
        kind = next((key for key in KEYS if item.get(key) is not None), None)
        if kind is None:
            self.result.warn(WarningCode.LOAD_UNKNOWN_ITEM, "Unknown top level item", place)
            return
        self.kinds[kind](item)
        self._warn_unknown_keys(item, kind)

    def _named(self, item: Node, kind: str) -> tuple[str, Context]:
        name = decode.text(item, kind, self.context.at(item.mark, kind))
        return name, self.context.at(item.mark, kind, name)

    def _warn_unknown_keys(self, item: Node, kind: str) -> None:
        unknown = [key for key in item.keys() if key not in KEYS[kind]]
        if unknown:
            named = item.get(kind)
            context = self.context.at(item.mark, kind, (named.scalar if named else None) or "")
            for key in unknown:
                message = f"Unknown key '{key}'. The key will be ignored."
                self.result.warn(WarningCode.LOAD_UNKNOWN_KEY, message, context)

    def _engine_version(self, item: Node) -> None:
        context = self.context.at(item.mark, "required_engine_version")
        text = decode.text(item, "required_engine_version", context)
        version = Version(0, int(text), 0) if text.isascii() and text.isdigit() else Version.parse(text)
        if version is None:
            message = f"Unable to parse engine version '{text}' as a semver string."
            raise invalid(f'{message} Expected "x.y.z" semver format.', context)
        self.collector.require_engine(version, context)

    def _plugin_versions(self, item: Node) -> None:
        node = item.get("required_plugin_versions")
        if node is None:
            return
        context = self.context.at(node.mark, "required plugin versions")
        if node.items is None:
            raise invalid("Value of required_plugin_versions must be a sequence", context)
        for plugin in node.items:
            self.collector.require_plugin(_plugin_requirement(plugin, context))

    def _append_flag(self, item: Node, context: Context) -> bool:
        append = decode.optional_boolean(item, "append", False, context)
        if append:
            self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, _APPEND, context)
        return append

    def _list(self, item: Node) -> None:
        name, context = self._named(item, "list")
        if not _VALID_LIST_NAME.fullmatch(name):
            message = f"List has an invalid name. List names should match a regular expression: {_LIST_NAME}"
            self.result.warn(WarningCode.LOAD_INVALID_LIST_NAME, message, context)
        info = ListItem(name, decode.texts(item, "items", context), context)
        if self._appends(item, "items", context):
            self.collector.append_list(info)
        else:
            self.collector.define_list(info)

    def _macro(self, item: Node) -> None:
        name, context = self._named(item, "macro")
        if not _VALID_MACRO_NAME.fullmatch(name):
            message = "Macro has an invalid name. Macro names should match a regular expression: "
            self.result.warn(WarningCode.LOAD_INVALID_MACRO_NAME, message + _MACRO_NAME, context)
        condition = decode.text(item, "condition", context)
        info = MacroItem(name, condition, context, _inside(item, "condition", "macro condition", context))
        if self._appends(item, "condition", context):
            self.collector.append_macro(info)
        else:
            self.collector.define_macro(info)

    def _appends(self, item: Node, key: str, context: Context) -> bool:
        """Whether a list or macro adds to an earlier one, by either way of saying so."""
        append = self._append_flag(item, context)
        overrides = _overrides(item, (key,), (key,), context)
        if append and overrides:
            raise invalid(_BOTH, context)
        return append or overrides.get(key) == "append"

    def _rule(self, item: Node) -> None:
        name, context = self._named(item, "rule")
        append = self._append_flag(item, context)
        overrides = _overrides(item, _APPENDABLE, _REPLACEABLE, context)
        if append and overrides:
            raise invalid(_BOTH, context)
        if overrides:
            self._override(item, name, overrides, context)
        elif append:
            self._append_rule(item, name, context)
        elif all(item.get(key) is None for key in ("condition", "output", "desc", "priority")):
            enabled = decode.boolean(item, "enabled", context)
            self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, _ENABLED, context)
            self.collector.enable_rule(name, enabled, context)
        else:
            self.collector.define_rule(self._full_rule(item, name, context), self.result)

    def _override(self, item: Node, name: str, overrides: dict[str, str], context: Context) -> None:
        expected = [key for key in _REPLACEABLE if item.get(key) is not None]
        for operation, keys in (("append", _APPENDABLE), ("replace", _REPLACEABLE)):
            chosen = [key for key in keys if overrides.get(key) == operation]
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
                return decode.exceptions(item, context, self.result, append=append)
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

    def _append_rule(self, item: Node, name: str, context: Context) -> None:
        update = RuleUpdate(name, context)
        if item.get("condition") is not None:
            update.condition = decode.text(item, "condition", context)
        if item.get("exceptions") is not None:
            update.exceptions = decode.exceptions(item, context, self.result, append=True)
        self.collector.append_rule(update)

    def _full_rule(self, item: Node, name: str, context: Context) -> RuleItem:
        rule = RuleItem(name, context)
        rule.condition = decode.text(item, "condition", context)
        rule.condition_context = _inside(item, "condition", "rule condition", context)
        rule.output = decode.text(item, "output", context).strip()
        rule.output_context = _inside(item, "output", "rule output", context)
        rule.description = decode.text(item, "desc", context)
        rule.priority = _priority(item, context)
        if item.get("source") is not None:
            rule.source = decode.text(item, "source", context, may_be_empty=True) or rule.source
        rule.enabled = decode.optional_boolean(item, "enabled", True, context)
        rule.warn_evttypes = decode.optional_boolean(item, "warn_evttypes", True, context)
        rule.skip_if_unknown_filter = decode.optional_boolean(item, "skip-if-unknown-filter", False, context)
        rule.capture = decode.optional_boolean(item, "capture", False, context)
        if item.get("capture_duration") is not None:
            rule.capture_duration = decode.unsigned(item, "capture_duration", context)
        if item.get("tags") is not None:
            rule.tags = set(decode.texts(item, "tags", context))
        rule.exceptions = decode.exceptions(item, context, self.result, append=False)
        return rule


def _inside(item: Node, key: str, item_type: str, context: Context) -> Context:
    node = item.get(key)
    return context.at(node.mark if node else item.mark, item_type)


def _priority(item: Node, context: Context) -> Priority:
    text = decode.text(item, "priority", context)
    priority = Priority.parse(text)
    if priority is None:
        known = ", ".join(level.name for level in Priority)
        place = _inside(item, "priority", "rule priority", context)
        raise invalid("Invalid priority", place, hint=f"one of {known}")
    return priority


def _overrides(
    item: Node, appendable: tuple[str, ...], replaceable: tuple[str, ...], context: Context
) -> dict[str, str]:
    """The entries of ``override``: key -> ``append`` or ``replace``."""
    node = item.get("override")
    if node is None:
        return {}
    inside = context.at(item.mark, "overrides")
    out: dict[str, str] = {}
    for key_node, value in node.pairs or ():
        key, operation = key_node.scalar or "", value.scalar or ""
        allowed = {"append": key in appendable, "replace": key in replaceable}
        if operation not in allowed:
            known = "".join(f"{name} " for name, ok in allowed.items() if ok)
            message = (
                f"Invalid override operation for key '{key}': '{operation}'. Allowed values are: {known}"
            )
            raise invalid(message, inside.at(value.mark, "value for", key))
        if not allowed[operation]:
            why = "be appended to, use 'replace' instead" if operation == "append" else "be replaced"
            raise invalid(f"Key '{key}' cannot {why}", inside.at(key_node.mark, "overrides", key))
        out[key] = operation
    return out


def _plugin_requirement(plugin: Node, parent: Context) -> PluginRequirement:
    context = parent.at(plugin.mark, "required plugin versions entry")
    if plugin.pairs is None:
        raise invalid("Plugin version must be a mapping", context)
    name = decode.text(plugin, "name", context)
    context = parent.at(plugin.mark, "required plugin versions entry", name)
    pairs = [(name, decode.text(plugin, "version", context))]
    alternatives = plugin.get("alternatives")
    if alternatives is not None:
        if alternatives.items is None:
            raise invalid("Value of plugin version alternatives must be a sequence", context)
        pairs += [_alternative(node, context) for node in alternatives.items]
    return PluginRequirement(tuple(pairs), context)


def _alternative(node: Node, parent: Context) -> tuple[str, str]:
    context = parent.at(node.mark, "required plugin versions alternative")
    if node.pairs is None:
        raise invalid("Plugin version alternative must be a mapping", context)
    return decode.text(node, "name", context), decode.text(node, "version", context)
