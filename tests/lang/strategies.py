"""Random conditions for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from falcolab.lang.ast import (
    And,
    Argument,
    Check,
    Exists,
    FieldRef,
    Identifier,
    Literal,
    Not,
    Or,
    Sequence,
    Transform,
    Values,
)
from falcolab.lang.operators import LIST_OPERATORS, MODIFIERS, NUMERIC_OPERATORS, STRING_OPERATORS
from falcolab.lang.transformers import TRANSFORMER_NAMES

identifiers = st.text("abXy_1", max_size=4).map("m".__add__)
texts = st.text(
    st.one_of(
        st.sampled_from("ab/\\\"' (),=\t\n\r\b\f[]*é€\U0010dc80"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=6,
)
field_names = st.lists(identifiers, min_size=2, max_size=3).map(".".join)
fields = st.builds(FieldRef, field_names, st.none() | texts)
numbers = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.integers(0, 2**16).map(hex),
    st.sampled_from(["+1", "1.", "1.50", "1e+5", "-2E-3", "0X1F"]),
)


def _transforms(arguments: st.SearchStrategy[Argument]) -> st.SearchStrategy[Transform]:
    sequences = st.lists(arguments.filter(lambda one: not isinstance(one, Sequence)), max_size=3)
    some = st.lists(arguments | sequences.map(lambda items: Sequence(tuple(items))), min_size=1, max_size=3)
    return st.builds(
        Transform, st.sampled_from(TRANSFORMER_NAMES), some.map(tuple), st.none() | texts.filter(bool)
    )


arguments: st.SearchStrategy[Argument] = st.recursive(
    fields | st.builds(Literal, texts), _transforms, max_leaves=4
)
operands = fields | _transforms(arguments)
values = st.builds(Values, st.lists(texts, max_size=4).map(tuple))


def _checks(operators: tuple[str, ...], right: st.SearchStrategy[Any]) -> st.SearchStrategy[Check]:
    return st.builds(Check, operands, st.sampled_from(operators), right)


leaves = st.one_of(
    st.builds(Identifier, identifiers),
    st.builds(Exists, operands),
    _checks(NUMERIC_OPERATORS, st.builds(Literal, numbers) | operands),
    _checks(STRING_OPERATORS, st.builds(Literal, texts) | operands),
    _checks(LIST_OPERATORS, st.builds(Literal, identifiers) | values | operands),
    st.builds(Check, operands, st.sampled_from(STRING_OPERATORS), values, st.sampled_from(MODIFIERS)),
)


def trees(leaves: st.SearchStrategy[Any], max_leaves: int = 12) -> st.SearchStrategy[Any]:
    """Conditions over some leaves."""

    def inner(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        chains = st.lists(below, min_size=2, max_size=4).map(tuple)
        return st.builds(Not, below) | st.builds(And, chains) | st.builds(Or, chains)

    return st.recursive(leaves, inner, max_leaves=max_leaves)


conditions = trees(leaves)
