"""The grammar: what is a condition, and what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falcolab.lang.ast import And, Check, Identifier, Literal, Not, Or, depth, fold
from falcolab.lang.errors import ParseError
from falcolab.lang.parser import MAX_DEPTH, parse
from falcolab.lang.printer import to_text
from tests.tables import table

HERE = Path(__file__).parent


def shape(node: Any) -> str:
    """A condition with all its parentheses."""

    def inner(node: Any, below: list[str]) -> str:
        if isinstance(node, Not):
            return f"(not {below[0]})"
        return "(" + f" {type(node).__name__.lower()} ".join(below) + ")"

    text = fold(node, to_text, inner)
    return text if isinstance(node, Check | Identifier) or not text.startswith("(") else text[1:-1]


@pytest.mark.parametrize("condition", table(HERE / "accepted.txt"))
def test_a_condition_may_have_any_blanks_around_its_words(condition: str) -> None:
    tree = parse(condition)
    for blanks in (f" {condition} ", f"\n{condition}\r\n", f"\b\t{condition}\t"):
        assert parse(blanks) == tree
    if '"' not in condition and "'" not in condition:
        assert parse(condition.replace(" ", "\n")) == tree
        assert parse(condition.replace(" ", "\t \n")) == tree


@pytest.mark.parametrize("condition", table(HERE / "rejected.txt"))
def test_what_the_grammar_does_not_have_is_refused_with_a_place(condition: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(condition)
    assert 0 <= caught.value.pos.index <= len(condition)
    assert caught.value.message


@pytest.mark.parametrize(("condition", "expected"), table(HERE / "shapes.txt", "  =>  "))
def test_words_bind_as_in_falco(condition: str, expected: str) -> None:
    assert shape(parse(condition)) == expected


@pytest.mark.parametrize(("written", "value"), table(HERE / "literals.txt", "  =>  "))
def test_strings_mean_what_they_say(written: str, value: str) -> None:
    tree = parse(f"proc.name = {written}")
    assert isinstance(tree, Check)
    assert isinstance(tree.right, Literal)
    assert f"«{tree.right.value}»" == value


def test_the_empty_text_is_no_condition() -> None:
    with pytest.raises(ParseError, match="empty"):
        parse("")
    with pytest.raises(ParseError):
        parse("  ")


def test_a_nul_ends_the_text_that_can_be_read() -> None:
    with pytest.raises(ParseError, match="unexpected token after 'a'"):
        parse("proc.name = a\0")
    with pytest.raises(ParseError):
        parse("\0proc.name = a")


def children(tree: Any) -> tuple[Any, ...]:
    assert isinstance(tree, And | Or)
    return tree.children


def test_positions_count_lines_columns_and_characters() -> None:
    tree = parse("a and\n  not proc.name = b\n or c")
    first, second = children(children(tree)[0])
    places = [
        tree.pos,
        first.pos,
        second.pos,
        second.child.pos,
        second.child.right.pos,
        children(tree)[1].pos,
    ]
    assert [(pos.index, pos.line, pos.column) for pos in places] == [
        (0, 1, 1),
        (0, 1, 1),
        (8, 2, 3),
        (12, 2, 7),
        (24, 2, 19),
        (30, 3, 5),
    ]


def test_an_error_stands_where_reading_stopped() -> None:
    with pytest.raises(ParseError) as caught:
        parse("a and\n(b or proc.name > x)")
    pos = caught.value.pos
    assert (pos.index, pos.line, pos.column) == (24, 2, 19)
    assert "expected a number value" in caught.value.message


@pytest.mark.parametrize("opening", ["(", "not(", "a and (", "a or(", "not (a or "])
def test_parentheses_may_nest_to_the_limit_and_no_further(opening: str) -> None:
    fits, exceeds = MAX_DEPTH - 1, MAX_DEPTH
    parse(opening * fits + "a" + ")" * fits)
    with pytest.raises(ParseError, match=f"exceeded max depth limit of {MAX_DEPTH}"):
        parse(opening * exceeds + "a" + ")" * exceeds)


def test_redundant_parentheses_and_negations_leave_no_levels() -> None:
    assert depth(parse("(" * 900 + "a" + ")" * 900)) == 0
    assert depth(parse("not " * 100_001 + "a")) == 1


def test_a_long_condition_is_read_in_linear_time() -> None:
    short = parse(" or ".join(["proc.name = a"] * 10))
    long = parse("\n or ".join(["proc.name = a"] * 20_000))
    assert (len(children(short)), len(children(long))) == (10, 20_000)
    values = parse(f"proc.name in ({', '.join(map(str, range(200_000)))})")
    assert isinstance(values, Check)
    assert len(values.right.items) == 200_000  # type: ignore[union-attr]
