"""The way from a field to the lake, for each event source."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from falcolab.engine import binding
from falcolab.engine.binding import Binding
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.typed import FieldValue

Bind = Callable[[FieldValue], Binding]
"""From a field value to where the lake has it."""


@cache
def binder_of(source: str) -> Bind:
    """The bindings of an event source."""
    if source == SYSCALL:
        from falcolab.engine import syscall_binding  # noqa: PLC0415  # brings all syscall fields with it

        return lru_cache(maxsize=4096)(syscall_binding.bind)
    return lru_cache(maxsize=4096)(binding.bind)
