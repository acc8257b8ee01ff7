"""Falco's tables of event types and of conversions of old events, as data.

The JSON files beside this module are made from ``driver/event_table.c`` and
``userspace/libscap/engine/savefile/converter/table.cpp`` of falcosecurity/libs 0.25.4.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from falcolab.system.event_type import EventType, Param


@cache
def event_types() -> tuple[EventType, ...]:
    """All event types; the position is the id."""
    return tuple(map(_event_type, load("event_types")))


@cache
def conversions() -> tuple[dict[str, Any], ...]:
    """What becomes of an event of an old form, by ``type`` and ``nparams``.

    ``action`` is ``STORE``, ``PASS``, ``STORE_AND_PASS``, ``ADD_PARAMS`` or ``CHANGE_TYPE`` (then
    ``to`` is the new type); ``instrs`` tells where each parameter comes from.
    """
    return tuple(load("conversions"))


def load(name: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    rows: list[dict[str, Any]] = json.loads(files(__name__).joinpath(f"{name}.json").read_bytes())
    return rows


def _event_type(row: dict[str, Any]) -> EventType:
    params = tuple(Param(**param) for param in row["params"])
    return EventType(
        row["id"], row["name"], row["category"], row["event_category"], frozenset(row["flags"]), params
    )
