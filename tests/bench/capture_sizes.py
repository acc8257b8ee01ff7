"""How many entries everything has that a daemon keeps, found by looking at its objects.

Nothing is listed by hand, so that a table that is new is looked at, too.
"""

from __future__ import annotations

import queue
import sys
from collections import deque
from collections.abc import Iterator, Sized
from functools import _lru_cache_wrapper
from typing import Any

_OURS = ("capture.", "falcolab.")
_COLLECTIONS = (dict, list, set, frozenset, deque, tuple)
_FEW = 64
"""Collections of more entries are counted, but not looked into."""

_PATIENCE = 5
"""How often a collection is looked at that another thread changes at the same time."""


def sizes(root: object) -> dict[str, int]:
    """The number of entries of every collection that can be reached from an object, by the way to it.

    Module-wide caches and collections of falcolab are among them.
    """
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting: deque[tuple[str, object]] = deque([("daemon", root), *_of_modules()])
    while waiting:
        path, thing = waiting.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        size = _size(thing)
        if size is not None:
            found[path] = max(size, found.get(path, 0))
        waiting.extend((f"{path}{name}", part) for name, part in _parts(thing))
    return found


def _of_modules() -> Iterator[tuple[str, object]]:
    for name, module in list(sys.modules.items()):
        if name.startswith(_OURS) and module is not None:
            values = list(vars(module).items())
            yield from ((f"{name}.{key}", value) for key, value in values if _may_grow(value))


def _may_grow(thing: object) -> bool:
    return isinstance(thing, dict | list | set | deque | _lru_cache_wrapper)


def _size(thing: object) -> int | None:
    match thing:
        case _lru_cache_wrapper():
            return thing.cache_info().currsize
        case queue.Queue() | queue.SimpleQueue():
            return thing.qsize()
        case dict() | list() | set() | deque():
            return len(thing)
        case _ if _is_ours(thing) and hasattr(type(thing), "rows"):
            rows = getattr(thing, "rows", None)  # a property or a member of a compiled class
            return rows if isinstance(rows, int) else None
        case _ if _is_ours(thing) and isinstance(thing, Sized):
            return len(thing)
    return None


def _is_ours(thing: object) -> bool:
    return type(thing).__module__.startswith(_OURS)


def _parts(thing: object) -> Iterator[tuple[str, object]]:
    """What an object is made of: attributes by name, entries of collections without one."""
    if isinstance(thing, _COLLECTIONS):
        values = _values(thing)
        yield from (("[]", value) for value in values if len(values) <= _FEW)
    elif callable(bound := getattr(thing, "__self__", None)) or _is_ours(bound):
        yield ".self", bound
    elif _is_ours(thing):
        yield from _attributes(thing)


def _values(thing: Any) -> list[object]:
    for _ in range(_PATIENCE):
        try:
            return list(thing.values() if isinstance(thing, dict) else thing)
        except RuntimeError:
            continue
    return []


def _attributes(thing: object) -> Iterator[tuple[str, object]]:
    names = list(getattr(thing, "__dict__", ()))
    for cls in type(thing).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    for name in names:
        if hasattr(thing, name):
            yield f".{name}", getattr(thing, name)
