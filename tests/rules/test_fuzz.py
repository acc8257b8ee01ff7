"""Whatever a rules file or condition holds, there is a verdict and no crash."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL
from falcolab.lang.errors import LanguageError
from falcolab.lang.operators import MODIFIERS, OPERATORS
from falcolab.lang.transformers import TRANSFORMER_NAMES
from falcolab.rules.loader import load_texts
from falcolab.rules.reader import KEYS
from tests.properties import examples

FIELDS = [
    "proc.name",
    "proc.pid",
    "fd.net",
    "fd.ip",
    "evt.type",
    "evt.arg[0]",
    "evt.rawarg.res",
    "evt.is_open_read",
]
AUDIT_FIELDS = ["ka.verb", "ka.user.groups", "jevt.value[/a]", "ka.req.pod.containers.image[0]"]
VALUES = [
    "open",
    "1",
    "-1",
    "0x1",
    "10.0.0.0/8",
    "::1",
    "true",
    '"a b"',
    "'",
    '"',
    "a*",
    "[",
    "<NA>",
    "\\",
    "é",
    "\0",
]
WORDS = [
    "and",
    "or",
    "not",
    "not(",
    "(",
    ")",
    ",",
    "[",
    "]",
    "=",
    " ",
    "\t",
    "\n",
    "m",
    "exists",
    "val(",
    "==",
]
tokens = st.sampled_from(
    [*FIELDS, *AUDIT_FIELDS, *VALUES, *WORDS, *OPERATORS, *MODIFIERS, *TRANSFORMER_NAMES]
)
checks = st.tuples(
    st.sampled_from([*FIELDS, *AUDIT_FIELDS]), st.sampled_from(list(OPERATORS)), st.sampled_from(VALUES)
).map(" ".join)
conditions = st.one_of(
    st.lists(tokens | checks, max_size=12).map(" ".join),
    st.lists(tokens, max_size=12).map("".join),
    st.lists(checks, min_size=1, max_size=4).map(" and ".join),
)


@examples(1500)
@given(conditions | st.text(max_size=30), st.sampled_from([SYSCALL, K8S_AUDIT]))
def test_a_condition_compiles_or_is_refused(condition: str, source: str) -> None:
    with contextlib.suppress(LanguageError):
        compile_text(condition, source)


names = st.sampled_from(["r", "m", "l", "a b", "", None, 1, ["a"], {"a": "b"}])
values = st.recursive(
    names
    | conditions
    | st.sampled_from([True, False, "syscall", "k8s_audit", "INFO", "append", "replace", "in", "="]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "fields", "comps", "values", "version", "condition"]), below
        )
    ),
    max_leaves=6,
)
keys = sorted({key for kind in KEYS.values() for key in kind})
overrides = st.dictionaries(
    st.sampled_from(keys), st.sampled_from(["append", "replace", "x", ""]), max_size=3
)


USUAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "list": {"items": st.lists(names, max_size=3)},
    "macro": {"condition": conditions},
    "rule": {
        "condition": conditions,
        "desc": st.just("d"),
        "output": st.sampled_from(["o", "%proc.name", "%x", "%%", "%", "%ka.verb"]),
        "priority": st.just("INFO"),
    },
}


def _item(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """An item with its usual keys, and one with some values of other types."""
    required = {kind: names}
    others = {key: values for key in keys if key != kind} | {"override": overrides} | USUAL[kind]
    return st.fixed_dictionaries(required | USUAL[kind]) | st.fixed_dictionaries(required, optional=others)


items = st.sampled_from(["list", "macro", "rule"]).flatmap(_item)


@examples(400)
@given(st.lists(items | values, max_size=5), st.lists(items, max_size=2))
def test_items_load_or_are_refused(first: list[Any], second: list[Any]) -> None:
    loaded = load_texts([("a", json.dumps(first)), ("b", json.dumps(second))])
    assert json.dumps(loaded.as_json())
    assert (loaded.ruleset is not None) is loaded.results[-1].successful


@examples(500)
@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([*"-:[]{}&*!|>'\"%@#\n\t ab~?,"]), max_size=30).map("".join)
)
def test_any_text_loads_or_is_refused(content: bytes | str) -> None:
    assert json.dumps(load_texts([("rules.yaml", content)]).as_json())
