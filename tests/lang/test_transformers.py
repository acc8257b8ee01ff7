"""What transformers make of values."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcolab.lang.getopt import getopt
from falcolab.lang.strings import to_bytes
from falcolab.lang.transformers import AS_TEXT, GATHER, TRANSFORMERS
from tests.properties import examples
from tests.tables import table

HERE = Path(__file__).parent


@pytest.mark.parametrize(("call", "expected"), table(HERE / "transformers.txt", " => "))
def test_a_transformer_yields_what_falco_yields(call: str, expected: str) -> None:
    name, _, arguments = call.partition("(")
    parsed = ast.literal_eval(f"({arguments[:-1]},)")
    assert TRANSFORMERS[name].apply(*parsed) == ast.literal_eval(expected)


def test_every_transformer_is_in_the_table() -> None:
    tried = (HERE / "transformers.txt").read_text()
    assert [name for name in TRANSFORMERS if f"\n{name}(" not in tried] == []


def test_numbers_become_texts_and_lists_flow_into_lists() -> None:
    assert [AS_TEXT.apply(7), AS_TEXT.apply(-1), AS_TEXT.apply(1.25)] == ["7", "-1", "1.2"]
    assert GATHER.apply("a", ("b", "c"), "d") == ("a", "b", "c", "d")


@given(st.text(max_size=8))
@examples(100)
def test_lower_and_upper_case_leave_the_number_of_bytes(text: str) -> None:
    for name in ("tolower", "toupper"):
        changed = TRANSFORMERS[name].apply(text)
        assert TRANSFORMERS["len"].apply(changed) == len(to_bytes(text))
        assert TRANSFORMERS[name].apply(changed) == changed


words = st.lists(st.text("-ab:v ", max_size=4), max_size=4)


@given(words, st.text("ab:v", max_size=5), st.sampled_from("abv"))
@examples(300)
def test_a_selected_option_is_among_all_that_are_read(args: list[str], optstring: str, option: str) -> None:
    everything: Any = getopt(args, optstring)
    chosen = getopt(args, optstring, option)
    assert chosen is None or chosen in everything
