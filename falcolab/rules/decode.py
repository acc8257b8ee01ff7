"""Typed values out of YAML nodes, with Falco's refusals.

Source: the ``decode_*`` helpers of ``userspace/engine/rule_loader_reader.cpp`` of
falcosecurity/falco.
"""

from __future__ import annotations

import re

from falcolab.rules.items import Entry, ExceptionItem
from falcolab.rules.result import Context, ErrorCode, FileResult, WarningCode
from falcolab.rules.yaml import Node

_UNSIGNED = re.compile(r"\+?(0[xX][0-9a-fA-F]+|[0-9]+)")
MAX_EXCEPTION_ENTRIES = 100_000
"""How many parts the exceptions of a rule may have."""


class LoadError(Exception):
    """Loading a file stops here; carries what the file's result will say."""

    def __init__(self, code: ErrorCode, message: str, context: Context, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.context, self.hint = code, message, context, hint


def invalid(message: str, context: Context, hint: str | None = None) -> LoadError:
    """The error for YAML of the wrong structure."""
    return LoadError(ErrorCode.LOAD_ERR_YAML_VALIDATE, message, context, hint)


def _value(item: Node, key: str, context: Context) -> tuple[Node, Context]:
    node = item.get(key)
    if node is None:
        raise invalid(f"Item has no mapping for key '{key}'", context)
    if node.is_null:
        raise invalid(f"Mapping for key '{key}' is empty", context)
    return node, context.at(node.mark, "value for", key)


def text(item: Node, key: str, context: Context, *, may_be_empty: bool = False) -> str:
    """The text of a key.

    Raises:
        LoadError: it is missing, empty or no scalar.
    """
    node, value_context = _value(item, key, context)
    if node.scalar is None:
        raise invalid("Value is not a scalar value", value_context)
    if node.scalar == "" and not may_be_empty:
        raise invalid("Value must be non-empty", value_context)
    return node.scalar


def boolean(item: Node, key: str, context: Context) -> bool:
    """The truth value of a key.

    Raises:
        LoadError: it is missing or none.
    """
    text(item, key, context)
    node, value_context = _value(item, key, context)
    value = node.as_bool()
    if value is None:
        raise invalid("Can't decode YAML scalar value", value_context)
    return value


def optional_boolean(item: Node, key: str, default: bool, context: Context) -> bool:
    """The truth value of a key that may be missing."""
    return default if item.get(key) is None else boolean(item, key, context)


def unsigned(item: Node, key: str, context: Context) -> int:
    """The unsigned 32-bit number of a key.

    Raises:
        LoadError: it is missing or none.
    """
    value = text(item, key, context)
    node, value_context = _value(item, key, context)
    if not _UNSIGNED.fullmatch(value) or int(value, 0 if "x" in value.lower() else 10) >= 2**32:
        raise invalid("Can't decode YAML scalar value", value_context)
    return int(value, 0 if "x" in value.lower() else 10)


def texts(item: Node, key: str, context: Context) -> list[str]:
    """The texts of a key's sequence.

    Raises:
        LoadError: it is missing, no sequence, or holds something else than scalars.
    """
    node = item.get(key)
    if node is None:
        raise invalid(f"Item has no mapping for key '{key}'", context)
    value_context = context.at(node.mark, "value for", key)
    if node.items is None:
        raise invalid("Value is not a sequence", value_context)
    out = []
    for element in node.items:
        if not element.is_scalar:
            raise invalid("sequence value is not scalar", value_context.at(element.mark, "list item"))
        out.append(element.scalar or "")
    return out


def exceptions(item: Node, context: Context, result: FileResult, *, append: bool) -> list[ExceptionItem]:
    """The exceptions of a rule; when appending, fields may be left out.

    Raises:
        LoadError: their structure is wrong.
    """
    node = item.get("exceptions")
    if node is None or node.is_null:
        return []
    inside = context.at(node.mark, "exceptions")
    if node.items is None:
        raise invalid("Rule exceptions must be a sequence", inside)
    if node.size > MAX_EXCEPTION_ENTRIES:
        raise invalid(f"Rule exceptions have more than {MAX_EXCEPTION_ENTRIES} parts", inside)
    out: list[ExceptionItem] = []
    for element in node.items:
        exception = _exception(element, inside, context, result, append=append)
        if any(other.name == exception.name for other in out):
            message = "Multiple definitions of exception '" + exception.name + "' in the same object"
            result.warn(WarningCode.LOAD_EXCEPTION_NAME_NOT_UNIQUE, message, exception.context)
        out.append(exception)
    return out


def _exception(
    node: Node, inside: Context, rule: Context, result: FileResult, *, append: bool
) -> ExceptionItem:
    unnamed = inside.at(node.mark, "exception")
    if node.pairs is None:
        raise invalid("Rule exception must be a mapping", unnamed)
    name = text(node, "name", unnamed)
    context = rule.at(node.mark, "exception", name)
    exception = ExceptionItem(name, context)
    exception.fields = _named_entry(node, "fields", context, optional=append)
    exception.comps = _named_entry(node, "comps", context, optional=True)
    values = node.get("values")
    if values is not None:
        exception.values = _exception_values(values, context)
    elif append:
        message = "Overriding/appending exception with no values"
        result.warn(WarningCode.LOAD_APPEND_NO_VALUES, message, context)
    return exception


def _exception_values(node: Node, context: Context) -> list[Entry]:
    inside = context.at(node.mark, "exception values")
    if node.items is None:
        raise invalid("Rule exception values must be a sequence", inside)
    return [_entry(value, inside.at(value.mark, "exception value")) for value in node.items]


def _named_entry(item: Node, key: str, context: Context, *, optional: bool) -> Entry:
    node = item.get(key)
    if node is None:
        if optional:
            return Entry()
        raise invalid(f"Item has no mapping for key '{key}'", context)
    return _entry(node, context.at(node.mark, "value for", key))


def _entry(node: Node, context: Context) -> Entry:
    if node.items is not None:
        return Entry(items=[_entry(child, context.at(child.mark, "exception")) for child in node.items])
    if node.is_scalar:
        if node.scalar == "":
            raise invalid("Value must be non-empty", context)
        return Entry(item=node.scalar)
    return Entry()
