"""Lists put into conditions, and exceptions appended to them, both as text.

Source: ``userspace/engine/rule_loader_compiler.cpp`` of falcosecurity/falco, quirks included:
lists are substituted wherever their name stands between delimiters, also inside quotes.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping

from falcolab.rules.exceptions import exception_clause, joined
from falcolab.rules.items import ExceptionItem, ListItem

MAX_CONDITION = 32_000_000
"""How long a condition may grow by substitution, in characters."""
MAX_CONDITIONS = 100_000_000
"""How long all conditions may grow together."""

_BLANKS = " \t\n\r"
_DELIMITERS = _BLANKS + "(),="
_WORD = re.compile(r"[^ \t\n\r(),=]+")


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
    """The condition with a list's name replaced by its items, wherever it stands between delimiters.

    A text that grows beyond ``MAX_CONDITION`` is not finished.
    """
    replacement = joined(items)
    out: list[str] = []
    read, size = 0, 0
    found = condition.find(name)
    while found >= 0 and size <= MAX_CONDITION:
        end = found + len(name)
        if not _delimited(condition, found, end, read):
            found = condition.find(name, found + 1)
            continue
        out.append(condition[read:found])
        read = _replace(out, replacement, condition, end)
        size += len(replacement) + read - found
        # Falco goes on one character later when it has replaced the beginning.
        found = condition.find(name, read + (len(out) == 1))
    return "".join((*out, condition[read:])) if out else condition


def _delimited(condition: str, start: int, end: int, read: int) -> bool:
    """Whether delimiters surround a name; what has been replaced before ``read`` ends with one."""
    before = start in (0, read) or condition[start - 1] in _DELIMITERS
    return before and (end >= len(condition) or condition[end] in _DELIMITERS)


def _replace(out: list[str], replacement: str, condition: str, end: int) -> int:
    """Put a replacement after what has been written; where to read on in the condition."""
    _strip(out)
    while end < len(condition) and condition[end] in _BLANKS:
        end += 1
    if not replacement:
        if out and out[-1].endswith(","):
            out[-1] = out[-1][:-1]
            _drop_empty(out)
        elif condition[end : end + 1] == ",":
            end += 1
    out.append(f" {replacement} " if out else f"{replacement} ")
    return end


def _strip(out: list[str]) -> None:
    """Take the blanks at the end away."""
    while out:
        out[-1] = out[-1].rstrip(_BLANKS)
        if out[-1]:
            return
        out.pop()


def _drop_empty(out: list[str]) -> None:
    while out and not out[-1]:
        out.pop()


def with_exceptions(condition: str, exceptions: Iterable[ExceptionItem]) -> str:
    """The condition in parentheses, followed by `and not (...)` for each exception that has values.

    Raises:
        LoadError: an exception's values do not fit its fields.
    """
    clauses = filter(None, map(exception_clause, exceptions))
    return " ".join([f"({condition})", *(f"and not {clause}" for clause in clauses)])


class TooLongError(ValueError):
    """Conditions have grown too long by substitution."""


class Lists:
    """Puts all lists into conditions.

    Attributes:
        used: the names of the lists that something refers to.
    """

    def __init__(self, lists: Mapping[str, ListItem]) -> None:
        self._items, self.used = expand_lists(lists)
        self._names = list(self._items)
        self._positions = {name: position for position, name in enumerate(self._names)}
        self._inside: dict[str, set[int]] = {}
        self._odd = {position for name, position in self._positions.items() if not _WORD.fullmatch(name)}
        self._total = 0

    def put_into(self, condition: str) -> str:
        """The condition with every list in place, in the order of their definition.

        Raises:
            TooLongError: the condition, or all so far together, have grown too long.
        """
        pending = sorted(self._mentioned(condition) | self._odd)
        latest = -1
        while pending:
            position = heapq.heappop(pending)
            if position == latest:
                continue
            latest, name = position, self._names[position]
            text = substitute_list(condition, name, self._items[name])
            if text is not condition:
                self.used.add(name)
                condition = self._checked(text)
                for other in self._mentioned_by(name):
                    if other > position:
                        heapq.heappush(pending, other)
        self._total += len(condition)
        return condition

    def _checked(self, condition: str) -> str:
        if len(condition) > MAX_CONDITION or self._total + len(condition) > MAX_CONDITIONS:
            raise TooLongError("lists make the conditions too long")
        return condition

    def _mentioned(self, text: str) -> set[int]:
        """The positions of the lists whose names are words of a text."""
        return {
            position for word in _WORD.findall(text) if (position := self._positions.get(word)) is not None
        }

    def _mentioned_by(self, name: str) -> set[int]:
        if name not in self._inside:
            self._inside[name] = self._mentioned(joined(self._items[name]))
        return self._inside[name]
