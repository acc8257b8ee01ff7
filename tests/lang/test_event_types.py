"""Which event types a condition can be true for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import SYSCALL
from falcolab.fields.event_types import EVENT_CODES
from falcolab.lang.ast import And, Not
from falcolab.lang.eventtypes import ALL, count_codes, event_types
from tests.lang.strategies import trees
from tests.properties import examples
from tests.tables import table

HERE = Path(__file__).parent


def types(condition: str) -> frozenset[str]:
    return event_types(compile_text(condition, SYSCALL))


@pytest.mark.parametrize(("condition", "expected"), table(HERE / "eventtypes.txt", "  =>  "))
def test_event_types_are_inferred_as_in_falco(condition: str, expected: str) -> None:
    match expected.split():
        case ["all"]:
            assert types(condition) == ALL
        case ["all", "but", *names]:
            assert types(condition) == ALL - set(names)
        case ["none"]:
            assert types(condition) == frozenset()
        case names:
            assert types(condition) == set(names)


def test_names_count_as_often_as_falcos_table_has_them() -> None:
    assert count_codes(frozenset()) == 0
    assert count_codes(frozenset({"open", "execve"})) == EVENT_CODES["open"] + EVENT_CODES["execve"]


checks = st.sampled_from(
    ["evt.type = open", "evt.type in (open, close)", "evt.type != close", "proc.name = a", "evt.type exists"]
).map(lambda text: compile_text(text, SYSCALL))


def holds(node: object, event_type: str) -> set[bool]:
    """The truths that a condition can have for an event of a type, whatever its process is."""
    match node:
        case Not(child=child):
            return {not truth for truth in holds(child, event_type)}
        case _ if hasattr(node, "children"):
            below = [holds(child, event_type) for child in node.children]
            every = isinstance(node, And)
            out = set()
            if all(every in truths for truths in below):
                out.add(every)
            if any((not every) in truths for truths in below):
                out.add(not every)
            return out
    match node.text.split():  # type: ignore[attr-defined]
        case ["evt.type", "="]:
            return {event_type == "open"}
        case ["evt.type", "=", name]:
            return {event_type == name}
        case ["evt.type", "!=", name]:
            return {event_type != name}
        case ["evt.type", "in", *_]:
            return {event_type in ("open", "close")}
        case ["evt.type", "exists"]:
            return {True}
        case _:
            return {True, False}


@given(trees(checks), st.sampled_from(["open", "close", "read"]))
@examples(200)
def test_no_type_is_left_out_for_which_the_condition_can_hold(tree: object, event_type: str) -> None:
    if True in holds(tree, event_type):
        assert event_type in event_types(tree)
