"""Globs, regexes and path prefixes."""

from __future__ import annotations

import ctypes
import ctypes.util
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcolab.lang.errors import CompileError
from falcolab.lang.matching import Predicate, glob, iglob, path_prefixes, regex
from tests.properties import examples
from tests.tables import table

HERE = Path(__file__).parent


def prepared(operator: str, values: str) -> Predicate:
    if operator == "pmatch":
        return path_prefixes(values.split(","))
    return {"glob": glob, "iglob": iglob, "regex": regex}[operator](values)


@pytest.mark.parametrize(("case", "expected"), table(HERE / "patterns.txt", "  =>  "))
def test_a_pattern_matches_as_in_falco(case: str, expected: str) -> None:
    operator, values, text = case.split(" ", 2)
    assert prepared(operator, values)("" if text == '""' else text) is (expected == "yes")


PIECES = st.sampled_from(
    ["a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", "[]]", "-", "\\*", "\\b", ".", "[:]", "[["]
)
CASEFOLD = 16


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="compares with glibc")
@given(st.lists(PIECES, max_size=6).map("".join), st.text("ab*?-[].!cA", max_size=6))
@examples(500)
def test_globs_are_those_of_the_c_library(pattern: str, text: str) -> None:
    fnmatch = ctypes.CDLL(None).fnmatch
    assert glob(pattern)(text) is (fnmatch(pattern.encode(), text.encode(), 0) == 0)
    assert iglob(pattern)(text) is (fnmatch(pattern.encode(), text.encode(), CASEFOLD) == 0)


@pytest.mark.parametrize("make", [glob, iglob])
def test_many_stars_take_linear_time(make: object) -> None:
    begun = time.process_time()
    matches = make("*a" * 100 + "b")  # type: ignore[operator]
    assert not matches("a" * 4_000)
    assert matches("a" * 4_000 + "b")
    assert time.process_time() - begun < 1


def test_a_regex_takes_linear_time() -> None:
    begun = time.process_time()
    assert not regex("(a*)*(a*)*b")("a" * 20_000)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("pattern", ["(", "[a", "a{1001}", "(?i)a", r"\1", r"\pN"])
def test_a_regex_that_re2_refuses_is_an_error(pattern: str) -> None:
    with pytest.raises(CompileError, match="invalid regex"):
        regex(pattern)


def test_patterns_count_bytes_and_regexes_characters() -> None:
    assert glob("??")("é")
    assert not glob("?")("é")
    assert regex(".")("é")
    # A byte that is no UTF-8 is one character for a regex.
    assert regex("a.b")("a\U0010dcffb")
    assert glob("a?b")("a\U0010dcffb")


paths = st.lists(st.sampled_from(["a", "b", "c", "", "*", "a*"]), min_size=1, max_size=4).map("/".join)


def slowly(prefix: str, path: str) -> bool:
    parts, given_parts = ([part for part in text.split("/") if part] for text in (prefix, path))
    return len(parts) <= len(given_parts) and all(
        glob(part)(found) if set(part) & set("*?[") else part == found
        for part, found in zip(parts, given_parts, strict=False)
    )


@given(st.lists(paths, max_size=4), paths)
@examples(300)
def test_a_tree_of_prefixes_says_what_each_prefix_says(prefixes: list[str], path: str) -> None:
    assert path_prefixes(prefixes)(path) is any(slowly(prefix, path) for prefix in prefixes)
