"""YAML as Falco's library reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from falcolab.rules.yaml import Mark, Node, YamlError, load_all
from tests.tables import Case, book

HERE = Path(__file__).parent


def shown(node: Node) -> str:
    if node.is_null:
        return "null"
    if node.items is not None:
        return "[" + " ".join(map(shown, node.items)) + "]"
    if node.pairs is not None:
        keys = dict.fromkeys(node.names())
        return "{" + " ".join(f"{key}={shown(found)}" for key in keys if (found := node.get(key))) + "}"
    return json.dumps(node.scalar, ensure_ascii=False)


@pytest.mark.parametrize("case", book(HERE / "yaml.txt"))
def test_values_are_those_that_falco_sees(case: Case) -> None:
    content, _, expected = case.text.rpartition("=>\n")
    (document,) = load_all(content)
    assert document.items is not None
    assert "\n".join(map(shown, document.items)) == expected.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, True) for text in ("true", "True", "TRUE", "yes", "YES", "on", "On", "y", "Y", '"true"')),
        *((text, False) for text in ("false", "No", "off", "n", "N", "'no'")),
        *((text, None) for text in ("tRUE", "1", "0", "t", "yess", "\u212aes")),
    ],
)
def test_truth_has_many_names(text: str, expected: bool | None) -> None:  # noqa: FBT001  # a value
    (document,) = load_all(text)
    assert document.as_bool() is expected


def test_places_count_lines_columns_and_characters() -> None:
    (document,) = load_all("# é\n- a: é\n  b:\n    - c\n")
    (item,) = document.items or []
    inner = item.get("b")
    assert inner is not None
    assert [item.mark, inner.mark] == [Mark(1, 2, 6), Mark(3, 4, 20)]
    assert [value.mark for value in inner.items or []] == [Mark(3, 6, 22)]


@pytest.mark.parametrize(("text", "expected"), [('- "a b', "a b"), ("- 'a''", "a'")])
def test_an_unclosed_quote_ends_with_the_file(text: str, expected: str) -> None:
    (document,) = load_all(text)
    assert shown(document) == f"[{json.dumps(expected)}]"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("- a\n- [b", Mark(2, 0, 8)),
        ("- a\n- *b\n", Mark(1, 2, 6)),
        ("- a\n b: c\n", Mark(1, 2, 6)),
        ("a: b: c", Mark(0, 4, 4)),
        ("- a\n- \x01\n", Mark(1, 2, 6)),
        ("- {a: b\n- c\n", Mark(2, 0, 12)),
        ("%YAML 9\n", Mark(0, 7, 7)),
        ("- &a [*a]", Mark(0, 6, 6)),
        ("- @a", Mark(0, 2, 2)),
    ],
)
def test_errors_have_places(text: str, place: Mark) -> None:
    with pytest.raises(YamlError) as caught:
        load_all(text)
    assert caught.value.mark == place


def test_nesting_ends_at_500_levels() -> None:
    assert load_all("[" * 500 + "]" * 500)
    with pytest.raises(YamlError, match="nested deeper than 500"):
        load_all("[" * 501 + "]" * 501)


def test_aliases_do_not_multiply() -> None:
    bomb = "".join(f"- &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9))
    with pytest.raises(YamlError, match="once aliases are followed"):
        load_all("- &a0 [x]\n" + bomb)
