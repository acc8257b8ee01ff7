"""Falco's JSON schema of rules files, checked as its validator does and in its words.

The schema itself is small: ``falco --rule-schema`` prints it. A file may be loaded
although it violates the schema; Falco only tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from falcolab.rules.yaml import Node

Check = Callable[[Node, str], Iterator[str]]

_TYPE = "Value type not permitted by 'type' constraint."
_ENUM = "Failed to match against any enum values."
_PRIORITIES = frozenset(
    {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "INFORMATIONAL", "DEBUG"}
)


def schema_warnings(documents: list[Node]) -> list[str]:
    """What the schema has to say about a file's documents; empty when it is content."""
    return [line for document in documents if not document.is_null for line in _document(document)]


def _fail(path: str, message: str) -> str:
    return f"failed for {path}: {message}"


def _document(node: Node) -> Iterator[str]:
    yield from _sequence(_ITEM, every=True)(node, "<root>")


def _string(node: Node, path: str) -> Iterator[str]:
    if not node.is_scalar:
        yield _fail(path, _TYPE)


def _boolean(node: Node, path: str) -> Iterator[str]:
    if not node.is_scalar or node.scalar not in ("true", "false"):
        yield _fail(path, _TYPE)


def _integer(node: Node, path: str) -> Iterator[str]:
    if not node.is_scalar or not (node.scalar or "").isdigit():
        yield _fail(path, _TYPE)


def _anything(_node: Node, _path: str) -> Iterator[str]:
    return iter(())


def _enum(values: frozenset[str]) -> Check:
    def check(node: Node, path: str) -> Iterator[str]:
        if not node.is_scalar:
            yield _fail(path, _TYPE)
        elif node.scalar not in values:
            yield _fail(path, _ENUM)

    return check


def _sequence(element: Check, *, every: bool = False) -> Check:
    """A list of elements; Falco names every bad element of a file but only the first of a list in it."""

    def check(node: Node, path: str) -> Iterator[str]:
        if node.items is None:
            yield _fail(path, _TYPE)
            return
        for index, item in enumerate(node.items):
            if element is _string and item.is_scalar:
                continue
            found = list(element(item, f"{path}[{index}]"))
            if found:
                yield from found
                yield _fail(path, f"Failed to validate item #{index} in array.")
                if not every:
                    return

    return check


def _mapping(properties: dict[str, Check], required: tuple[str, ...] = ()) -> Check:
    def check(node: Node, path: str) -> Iterator[str]:
        if node.pairs is None:
            yield _fail(path, _TYPE)
            return
        for key, value in node.pairs:
            yield from _property(properties, key.scalar or "", value, path)
        for key_name in required:
            if node.get(key_name) is None:
                yield _fail(path, f"Missing required property '{key_name}'.")

    return check


def _property(properties: dict[str, Check], key: str, value: Node, path: str) -> Iterator[str]:
    if key not in properties:
        yield _fail(
            path,
            "Object contains a property that could not be validated using 'properties' or "
            f"'additionalProperties' constraints: '{key}'.",
        )
        return
    found = list(properties[key](value, f"{path}[{key}]"))
    if found:
        yield from found
        yield _fail(path, f"Failed to validate against schema associated with property name '{key}'.")


_OVERRIDE = _mapping(
    dict.fromkeys(
        (
            *("items", "desc", "condition", "output", "priority", "enabled", "exceptions", "capture"),
            *("capture_duration", "tags", "warn_evttypes", "skip-if-unknown-filter"),
        ),
        _enum(frozenset({"append", "replace"})),
    )
)
_ALTERNATIVE = _mapping({"name": _string, "version": _string}, ("name", "version"))
_PLUGIN = _mapping(
    {"name": _string, "version": _string, "alternatives": _sequence(_ALTERNATIVE)}, ("name", "version")
)
_EXCEPTION = _mapping(
    {"name": _string, "fields": _anything, "comps": _anything, "values": _anything}, ("name",)
)
_ITEM = _mapping(
    {
        **dict.fromkeys(
            ("required_engine_version", "macro", "condition", "list", "rule", "desc", "output", "source"),
            _string,
        ),
        **dict.fromkeys(
            ("enabled", "append", "capture", "warn_evttypes", "skip-if-unknown-filter"), _boolean
        ),
        "capture_duration": _integer,
        "items": _sequence(_string),
        "tags": _sequence(_string),
        "priority": _enum(_PRIORITIES),
        "exceptions": _sequence(_EXCEPTION),
        "override": _OVERRIDE,
        "required_plugin_versions": _sequence(_PLUGIN),
    }
)
