"""Typed values out of YAML nodes, with Falco's refusals.

Source: the ``decode_*`` helpers of ``userspace/engine/rule_loader_reader.cpp`` of
falcosecurity/falco.
"""

from __future__ import annotations

import re

from falcolab.rules.result import Context, ErrorCode
from falcolab.rules.yaml import Node

_UNSIGNED = re.compile(r"\+?(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|([0-9]|[1-9][0-9]+))\s*", re.ASCII)
_MAX_DIGITS = 11


class LoadError(Exception):
    """Loading a file stops here; carries what the file's result will say."""

    def __init__(self, code: ErrorCode, message: str, context: Context, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.context, self.hint = code, message, context, hint


def invalid(message: str, context: Context, hint: str | None = None) -> LoadError:
    """The error for YAML of the wrong structure."""
    return LoadError(ErrorCode.LOAD_ERR_YAML_VALIDATE, message, context, hint)


def refused(message: str, context: Context, hint: str | None = None) -> LoadError:
    """The error for an item that contradicts what is there."""
    return LoadError(ErrorCode.LOAD_ERR_VALIDATE, message, context, hint)


def _value(item: Node, key: str, context: Context) -> tuple[Node, Context]:
    node = item.get(key)
    if node is None:
        raise invalid(f"Item has no mapping for key '{key}'", context)
    if node.is_null:
        raise invalid(f"Mapping for key '{key}' is empty", context)
    return node, context.at(node.mark, "value for", key)


def inside(item: Node, key: str, item_type: str, context: Context) -> Context:
    """The place of a key's value, as a step of a context."""
    node = item.get(key)
    return context.at(node.mark if node else item.mark, item_type)


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


def optional_boolean(item: Node, key: str, context: Context, *, default: bool) -> bool:
    """The truth value of a key that may be missing."""
    return default if item.get(key) is None else boolean(item, key, context)


def unsigned(item: Node, key: str, context: Context) -> int:
    """The unsigned 32-bit number of a key.

    Raises:
        LoadError: it is missing or none.
    """
    value = number(text(item, key, context))
    if value is None:
        raise invalid("Can't decode YAML scalar value", _value(item, key, context)[1])
    return value


def number(written: str) -> int | None:
    """The unsigned 32-bit number that a text is for C++, which knows hexadecimal and octal ones."""
    match = _UNSIGNED.fullmatch(written)
    if match is None:
        return None
    bases = zip(match.groups(), (16, 8, 10), strict=True)
    digits, base = next((found.lstrip("0"), base) for found, base in bases if found)
    value = int(digits or "0", base) if len(digits) <= _MAX_DIGITS else 2**32
    return value if value < 2**32 else None


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
