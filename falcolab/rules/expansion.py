"""Lists put into conditions as text, exceptions turned into text, macros put into trees.

Source: ``userspace/engine/rule_loader_compiler.cpp`` and ``filter_macro_resolver.cpp`` of
falcosecurity/falco, quirks included: lists are substituted wherever their name stands
between delimiters, also inside quotes, and exceptions are assembled as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from falcolab.lang.ast import And, Identifier, Not, Or, Pos
from falcolab.rules.collector import refused, takes_list
from falcolab.rules.items import Entry, ExceptionItem, ListItem

MAX_CONDITION = 4_000_000
"""How long a condition may grow by substitution, in characters."""
MAX_CHECKS = 200_000
"""How many checks a condition may have once its macros are in place; they can double with every macro."""

_BLANKS = " \t\n\r"
_DELIMITERS = _BLANKS + "(),="


def _quoted(item: str) -> str:
    return f'"{item}"' if " " in item and item[0] not in "\"'" else item


def expand_lists(lists: Mapping[str, ListItem]) -> tuple[dict[str, list[str]], set[str]]:
    """Lists with the names of earlier lists among their items replaced, one level deep.

    Returns:
        the items by list, and the names of the lists that others use.
    """
    expanded: dict[str, list[str]] = {}
    used: set[str] = set()
    for info in lists.values():
        items: list[str] = []
        for item in info.items:
            inner = lists.get(item)
            if inner is not None and inner.index < info.visibility:
                used.add(item)
                items.extend(inner.items)
            else:
                items.append(item)
        expanded[info.name] = items
    return expanded, used


def substitute_list(condition: str, name: str, items: Iterable[str]) -> str:
    """The condition with a list's name replaced by its items, wherever it stands between delimiters."""
    replacement = ", ".join(map(_quoted, items))
    start = condition.find(name)
    while start >= 0:
        end = start + len(name)
        if _delimited(condition, start, end):
            while start > 0 and condition[start - 1] in _BLANKS:
                start -= 1
            while end < len(condition) and condition[end] in _BLANKS:
                end += 1
            if not replacement:
                start, end = _without_comma(condition, start, end)
            head = condition[:start] + " " if start > 0 else ""
            condition = f"{head}{replacement} {condition[end:]}"
            start += len(replacement) + 1
        start = condition.find(name, start + 1)
    return condition


def _delimited(condition: str, start: int, end: int) -> bool:
    before = start == 0 or condition[start - 1] in _DELIMITERS
    return before and (end >= len(condition) or condition[end] in _DELIMITERS)


def _without_comma(condition: str, start: int, end: int) -> tuple[int, int]:
    if start > 0 and condition[start - 1] == ",":
        return start - 1, end
    if end < len(condition) and condition[end] == ",":
        return start, end + 1
    return start, end


def with_exceptions(condition: str, exceptions: Iterable[ExceptionItem]) -> str:
    """The condition in parentheses, followed by `and not (...)` for each exception that has values.

    Raises:
        LoadError: an exception's values do not fit its fields.
    """
    parts = [f"({condition})"]
    for exception in exceptions:
        clause = _tuple_clause(exception) if exception.fields.is_list else _single_clause(exception)
        parts.extend([f"and not {clause}"] if clause else [])
    return " ".join(parts)


def _single_clause(exception: ExceptionItem) -> str:
    values = []
    for entry in exception.values:
        if entry.is_list:
            raise refused("Expected values array to contain a list of strings", exception.context)
        values.append(_quoted(entry.item or "") if entry.item else "")
    if not values:
        return ""
    return f"({exception.fields.item} {exception.comps.item or ''} ({', '.join(values)}))"


def _tuple_clause(exception: ExceptionItem) -> str:
    rows = [_row(exception, row) for row in exception.values]
    return f"({' or '.join(rows)})" if rows else ""


def _row(exception: ExceptionItem, row: Entry) -> str:
    fields, comps = exception.fields.texts(), exception.comps.texts()
    cells = row.items or []
    if len(cells) != len(fields):
        raise refused("Fields and values lists must have equal length", exception.context)
    comps += [""] * (len(fields) - len(comps))
    checks = [
        f" {name} {comp} {_cell(cell, comp)}" for name, comp, cell in zip(fields, comps, cells, strict=False)
    ]
    return f"({' and '.join(checks)})"


def _cell(cell: Entry, comp: str) -> str:
    if cell.is_list:
        return f"({', '.join(_quoted(text) if text else '' for text in cell.texts())})"
    text = cell.item or ""
    if takes_list(comp):
        return text if text.startswith("(") else f"({text})"
    return _quoted(text) if text else ""


@dataclass(slots=True)
class MacroResolver:
    """Puts macros into a tree.

    Attributes:
        macros: the trees of the macros that may be used.
        resolved: the names that were replaced.
        problem: the first thing that went wrong: a message and its place.
        checks: how many leaves the tree has so far.
    """

    macros: Mapping[str, Any]
    resolved: set[str] = field(default_factory=set)
    problem: tuple[str, Pos] | None = None
    checks: int = 0

    def resolve(self, node: Any) -> Any:
        """The tree with every known macro in place; see ``problem`` for the rest."""
        return self._resolve(node, ())

    def _resolve(self, node: Any, path: tuple[str, ...]) -> Any:
        if self.checks > MAX_CHECKS:
            return node
        match node:
            case And(children=children, pos=pos):
                return And(tuple(self._resolve(child, path) for child in children), pos)
            case Or(children=children, pos=pos):
                return Or(tuple(self._resolve(child, path) for child in children), pos)
            case Not(child=child, pos=pos):
                return Not(self._resolve(child, path), pos)
            case Identifier():
                return self._macro(node, path)
            case _:
                self._count(node.pos)
                return node

    def _count(self, pos: Pos) -> None:
        self.checks += 1
        if self.checks > MAX_CHECKS:
            self._note(f"condition has more than {MAX_CHECKS} checks once its macros are in place", pos)

    def _macro(self, node: Identifier, path: tuple[str, ...]) -> Any:
        tree = self.macros.get(node.name)
        if tree is None:
            self._note(f"Undefined macro '{node.name}' used in filter.", node.pos)
            return node
        if node.name in path:
            self._note(f"reference loop in macro '{node.name}'", node.pos)
            return node
        self.resolved.add(node.name)
        return self._resolve(tree, (*path, node.name))

    def _note(self, message: str, pos: Pos) -> None:
        if self.problem is None:
            self.problem = (message, pos)
