"""Conditions as text: what is printed reads back as the same condition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcolab.lang.ast import And, Identifier, Not, Or, depth, flattened, fold, leaves
from falcolab.lang.parser import parse
from falcolab.lang.printer import to_text
from falcolab.lang.strings import quote, quoted, to_bytes, unquote
from falcolab.lang.strings import to_text as text_of
from tests.lang import strategies
from tests.properties import examples
from tests.tables import table

HERE = Path(__file__).parent


@given(strategies.conditions)
@examples(150)
def test_a_printed_condition_reads_back_as_itself(tree: Any) -> None:
    assert parse(to_text(tree)) == tree


@pytest.mark.parametrize("condition", table(HERE / "accepted.txt"))
def test_every_written_form_prints_to_an_equal_condition(condition: str) -> None:
    tree = parse(condition)
    assert parse(to_text(tree)) == tree
    assert to_text(parse(to_text(tree))) == to_text(tree)


@given(strategies.texts)
@examples(300)
def test_a_quoted_value_means_itself(value: str) -> None:
    assert unquote(quoted(value)) == value
    assert parse(f"a.b = {quote(value)}").right.value == value  # type: ignore[union-attr]


@given(st.binary(max_size=12))
@examples(300)
def test_captured_bytes_come_back(raw: bytes) -> None:
    assert to_bytes(text_of(raw)) == raw


def test_printing_does_not_recurse() -> None:
    tree: Any = Identifier("a")
    for _ in range(5_000):
        tree = Not(Or((Identifier("b"), tree)))
    assert to_text(tree).startswith("not (b or not (b or ")


names = st.sampled_from("abc").map(Identifier)


def truth(node: Any, true: frozenset[str]) -> bool:
    """The truth of a condition over macros, some of which are true."""
    join = {And: all, Or: any}

    def inner(node: Any, below: list[bool]) -> bool:
        return not below[0] if isinstance(node, Not) else join[type(node)](below)

    return fold(node, lambda leaf: leaf.name in true, inner)


@given(strategies.trees(names), st.frozensets(st.sampled_from("abc")))
@examples(300)
def test_a_flattened_condition_means_the_same(tree: Any, true: frozenset[str]) -> None:
    flat = flattened(tree)
    assert truth(flat, true) == truth(tree, true)
    assert depth(flat) <= depth(tree) + 1
    assert all(isinstance(leaf, Identifier) for leaf in leaves(flat))


def test_flattening_takes_away_what_does_not_alternate() -> None:
    tree: Any = Identifier("a")
    for _ in range(1_000):
        tree = Not(And((Identifier("b"), Not(tree))))
    # not (b and not x) is (not b or x), all the way down.
    assert depth(flattened(tree)) == 2
