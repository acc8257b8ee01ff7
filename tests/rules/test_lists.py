"""Lists are put into conditions as Falco does it, which is one find and replace after the other."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from falcolab.rules.expansion import Lists, expand_lists, substitute_list
from falcolab.rules.items import ListItem
from falcolab.rules.result import Context
from tests.properties import examples

BLANKS = " \t\n\r"
DELIMITERS = BLANKS + "(),="
PLACE = Context.of_file("rules.yaml")


def substituted(condition: str, name: str, items: Iterable[str]) -> str:
    """Falco's ``resolve_list``: simple, and quadratic."""
    replacement = joined(items)
    start = condition.find(name)
    while start >= 0:
        end = start + len(name)
        before = start == 0 or condition[start - 1] in DELIMITERS
        if before and (end >= len(condition) or condition[end] in DELIMITERS):
            while start > 0 and condition[start - 1] in BLANKS:
                start -= 1
            while end < len(condition) and condition[end] in BLANKS:
                end += 1
            if not replacement:
                start, end = without_comma(condition, start, end)
            head = condition[:start] + " " if start > 0 else ""
            condition = f"{head}{replacement} {condition[end:]}"
            start += len(replacement) + 1
        start = condition.find(name, start + 1)
    return condition


def without_comma(condition: str, start: int, end: int) -> tuple[int, int]:
    if start > 0 and condition[start - 1] == ",":
        return start - 1, end
    if end < len(condition) and condition[end] == ",":
        return start, end + 1
    return start, end


def joined(items: Iterable[str]) -> str:
    text = ""
    for item in items:
        quoted = f'"{item}"' if " " in item and item[0] not in "\"'" else item
        text += f", {quoted}" if text else quoted
    return text


names = st.sampled_from(["a", "b", "ab", "c"])
parts = names | st.sampled_from([*" ,()=\t\n'\"", ", ", " in (", "aa", "x", "b.c"])
conditions = st.lists(parts, max_size=12).map("".join)
contents = st.lists(names | st.sampled_from(["x", "a b", '"a b"', "", "c "]), max_size=3)


@examples(1000)
@given(conditions, names, contents)
def test_one_list(condition: str, name: str, items: list[str]) -> None:
    assert substitute_list(condition, name, items) == substituted(condition, name, items)


@examples(1000)
@given(conditions, st.dictionaries(names, contents))
def test_all_lists(condition: str, items: dict[str, list[str]]) -> None:
    lists = {name: ListItem(name, each, PLACE) for name, each in items.items()}
    for position, info in enumerate(lists.values()):
        info.index = info.visibility = position
    expected = condition
    for name, each in expand_lists(lists)[0].items():
        expected = substituted(expected, name, each)
    assert Lists(lists).put_into(condition) == expected


def test_lists_of_lists_go_one_level_deep_and_only_backwards() -> None:
    items = {"l": ["a", "n"], "m": ["l", "l", "b"], "n": ["m"]}
    lists = {name: ListItem(name, each, PLACE) for name, each in items.items()}
    for position, info in enumerate(lists.values()):
        info.index = info.visibility = position
    expanded, used = expand_lists(lists)
    assert expanded == {"l": ["a", "n"], "m": ["a", "n", "a", "n", "b"], "n": ["l", "l", "b"]}
    assert used == {"l", "m"}
