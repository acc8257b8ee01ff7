"""The key ``override``: which properties an item appends to, and which it replaces.

Source: ``decode_overrides`` of ``userspace/engine/rule_loader_reader.cpp`` of falcosecurity/falco.
"""

from __future__ import annotations

from falcolab.rules import decode
from falcolab.rules.decode import invalid
from falcolab.rules.result import Context, FileResult, WarningCode
from falcolab.rules.yaml import Node

_APPEND = (
    "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)
_BOTH = (
    "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry "
    "(e.g. 'condition: append') under 'override' instead."
)


def appends(
    item: Node,
    appendable: tuple[str, ...],
    replaceable: tuple[str, ...],
    context: Context,
    result: FileResult,
) -> tuple[bool, dict[str, str]]:
    """Whether an item appends the deprecated way, and its overrides: key -> ``append`` or ``replace``.

    Raises:
        LoadError: it does both, or names a key or an operation that there is not.
    """
    append = decode.optional_boolean(item, "append", context, default=False)
    if append:
        result.warn(WarningCode.LOAD_DEPRECATED_ITEM, _APPEND, context)
    found = _overrides(item, appendable, replaceable, context)
    if append and found:
        raise invalid(_BOTH, context)
    return append, found


def _overrides(
    item: Node, appendable: tuple[str, ...], replaceable: tuple[str, ...], context: Context
) -> dict[str, str]:
    node = item.get("override")
    inside = context.at(item.mark, "overrides")
    out: dict[str, str] = {}
    for key_node, value in (node.pairs or ()) if node is not None else ():
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
