"""From the YAML of one rules file to items in the collector.

Source: ``userspace/engine/rule_loader_reader.cpp`` of falcosecurity/falco. Reading stops
at the first error of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from falcolab.rules import decode, overrides, yaml
from falcolab.rules.collector import Collector
from falcolab.rules.decode import LoadError, invalid
from falcolab.rules.items import ListItem, MacroItem
from falcolab.rules.requirements import engine_version, plugin_requirements
from falcolab.rules.result import Context, ErrorCode, FileResult, WarningCode
from falcolab.rules.rule_reader import RuleReader
from falcolab.rules.yaml import Node, YamlError

_MACRO_NAME = r"([a-zA-Z]+[a-zA-Z0-9_]*)"
_LIST_NAME = r"""([^()"'[:space:]=,]+)"""
_VALID_MACRO_NAME = re.compile(_MACRO_NAME)
_VALID_LIST_NAME = re.compile(r"""[^()"'\s=,]+""", re.ASCII)

KEYS = {
    "required_engine_version": frozenset({"required_engine_version"}),
    "required_plugin_versions": frozenset({"required_plugin_versions"}),
    "list": frozenset({"list", "items", "append", "override"}),
    "macro": frozenset({"macro", "condition", "append", "override"}),
    "rule": frozenset(
        {
            *("rule", "condition", "output", "desc", "priority", "source", "enabled", "tags", "exceptions"),
            *("warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration", "append", "override"),
        }
    ),
}
"""The kinds of items, in the order in which Falco looks for them, with the keys that each may have."""


def read(content: str, name: str, collector: Collector, result: FileResult) -> bool:
    """Collect the items of a file's content; whether that went without error."""
    try:
        documents = yaml.load_all(content)
    except YamlError as error:
        refuse_yaml(error, name, result)
        return False
    return read_documents(documents, name, collector, result)


def refuse_yaml(error: YamlError, name: str, result: FileResult) -> None:
    """Record that a file is no YAML."""
    place = Context.of_file(name).at(error.mark, "value for")
    result.error(ErrorCode.LOAD_ERR_YAML_PARSE, error.message, place)


def read_documents(documents: Iterable[Node], name: str, collector: Collector, result: FileResult) -> bool:
    """Collect the items of a file's documents; whether that went without error."""
    context = Context.of_file(name)
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
        self.rules = RuleReader(collector, result)
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
        unknown = [key for key in item.names() if key not in KEYS[kind]]
        if unknown:
            named = item.get(kind)
            context = self.context.at(item.mark, kind, (named.scalar if named else None) or "")
            for key in unknown:
                message = f"Unknown key '{key}'. The key will be ignored."
                self.result.warn(WarningCode.LOAD_UNKNOWN_KEY, message, context)

    def _engine_version(self, item: Node) -> None:
        context = self.context.at(item.mark, "required_engine_version")
        self.collector.require_engine(engine_version(item, context), context)

    def _plugin_versions(self, item: Node) -> None:
        node = item.get("required_plugin_versions")
        if node is not None:
            for requirement in plugin_requirements(
                node, self.context.at(node.mark, "required plugin versions")
            ):
                self.collector.require_plugin(requirement)

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
        place = decode.inside(item, "condition", "macro condition", context)
        info = MacroItem(name, condition, context, place)
        if self._appends(item, "condition", context):
            self.collector.append_macro(info)
        else:
            self.collector.define_macro(info)

    def _appends(self, item: Node, key: str, context: Context) -> bool:
        """Whether a list or macro adds to an earlier one, by either way of saying so."""
        append, operations = overrides.appends(item, (key,), (key,), context, self.result)
        return append or operations.get(key) == "append"

    def _rule(self, item: Node) -> None:
        name, context = self._named(item, "rule")
        self.rules.read(item, name, context)
