"""From the YAML of a rule's exceptions to items."""

from __future__ import annotations

from dataclasses import dataclass

from falcolab.rules.decode import invalid, text
from falcolab.rules.items import Entry, ExceptionItem
from falcolab.rules.result import Context, FileResult, WarningCode
from falcolab.rules.yaml import Node

MAX_EXCEPTION_ENTRIES = 500_000
"""How many parts the exceptions of an item may have."""


def read_exceptions(item: Node, context: Context, result: FileResult, *, append: bool) -> list[ExceptionItem]:
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
    names: set[str] = set()
    for element in node.items:
        exception = _exception(element, inside, context, result, append=append)
        if exception.name in names:
            message = "Multiple definitions of exception '" + exception.name + "' in the same object"
            result.warn(WarningCode.LOAD_EXCEPTION_NAME_NOT_UNIQUE, message, exception.context)
        out.append(exception)
        names.add(exception.name)
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
    return [_entry(_Place(value, "exception value"), inside) for value in node.items]


def _named_entry(item: Node, key: str, context: Context, *, optional: bool) -> Entry:
    node = item.get(key)
    if node is None:
        if optional:
            return Entry()
        raise invalid(f"Item has no mapping for key '{key}'", context)
    return _entry(_Place(node, "value for", key), context)


@dataclass(frozen=True, slots=True)
class _Place:
    """A node on the way down; it becomes a context only when there is something to say.

    Falco names every value without a key twice.
    """

    node: Node
    item_type: str
    item_name: str = ""
    outer: _Place | None = None

    def within(self, context: Context) -> Context:
        way = []
        place: _Place | None = self
        while place is not None:
            way.append(place)
            place = place.outer
        for step in reversed(way):
            context = context.at(step.node.mark, step.item_type, step.item_name)
            if not step.item_name:
                context = context.at(step.node.mark, "value for")
        return context


def _entry(place: _Place, context: Context) -> Entry:
    """A part of an exception with the parts in it, however deep they nest."""
    top = Entry()
    work = [(place, top)]
    while work:
        current, entry = work.pop()
        node = current.node
        if node.items is not None:
            entry.items = [Entry() for _ in node.items]
            below = [_Place(child, "exception", "", current) for child in node.items]
            work.extend(reversed(list(zip(below, entry.items, strict=True))))
        elif node.is_scalar:
            if node.scalar == "":
                raise invalid("Value must be non-empty", current.within(context))
            entry.item = node.scalar
    return top
