"""All evaluators say the same of random conditions about random events."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from falcolab.api.lake import Lake
from falcolab.engine.conditions import compile_text
from falcolab.engine.event import compile_condition, slots_of
from falcolab.engine.part import PartData
from falcolab.engine.reference import WideTable
from falcolab.engine.replay import match_parts
from falcolab.fields.audit_values import READINGS, extract
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.fields.rawjson import Json
from falcolab.lang.operators import MODIFIERS, STRING_OPERATORS
from falcolab.lang.strings import quote
from falcolab.lang.typed import FieldValue, TypedCondition
from tests.engine.strategies import PATTERNS, REGEXES, WORDS, conditions, events
from tests.lake.events import event, lake_of, line
from tests.properties import examples

Hits = list[list[int]]
"""Per condition the numbers of the events for which it holds."""


def by_masks(lake: Lake, typed: list[TypedCondition]) -> Hits:
    hits: Hits = [[] for _ in typed]
    for matches in match_parts(lake.parts(cached=False), typed):
        for row, condition in zip(matches.rows.tolist(), matches.rules.tolist(), strict=True):
            hits[condition].append(row)
    return hits


def by_reference(part: PartData, typed: list[TypedCondition]) -> Hits:
    return [np.flatnonzero(truths).tolist() for truths in WideTable(part, typed).judge().values()]


def by_event(lines: list[bytes], typed: list[TypedCondition]) -> Hits:
    slots = slots_of(*typed)
    judges = [compile_condition(node, slots) for node in typed]
    rows = [[value_in(value, text, number) for value in slots] for number, text in enumerate(lines)]
    return [[number for number, row in enumerate(rows) if judge(row)] for judge in judges]


def value_in(value: FieldValue, text: bytes, number: int) -> Any:
    """A field's value, from the event's own text and place."""
    name, event = value.field.name, Json(text.strip())
    if name.startswith("ka.") and event.get("auditID") is None:
        return None
    if name in READINGS:
        return extract(name, value.arg, event)
    moment = datetime.fromisoformat(json.loads(text)["stageTimestamp"])
    seconds = int(moment.replace(microsecond=0).timestamp())
    nanoseconds = moment.microsecond * 1000
    return {
        "evt.num": number + 1,
        "evt.rawtime": seconds * 10**9 + nanoseconds,
        "evt.rawtime.s": seconds,
        "evt.rawtime.ns": nanoseconds,
        "jevt.rawtime": str(seconds * 10**9 + nanoseconds),
        "evt.source": "k8s_audit",
        "evt.is_async": False,
    }[name]


def check_agreement(folder: Path, given_events: list[dict[str, Any]], texts: list[str]) -> Hits:
    typed = [compile_text(text, K8S_AUDIT) for text in texts]
    lines = [line(each) for each in given_events]
    lake = lake_of(folder, b"".join(lines))
    expected = by_event(lines, typed)
    (part,) = lake.parts(cached=False)
    for found in (by_masks(lake, typed), by_reference(part, typed)):
        wrong = [index for index in range(len(texts)) if found[index] != expected[index]]
        assert [(texts[index], found[index], expected[index]) for index in wrong] == []
    return expected


@examples(60)
@given(st.lists(events, min_size=1, max_size=15), st.lists(conditions, min_size=8, max_size=30))
def test_masks_sql_and_python_agree(given_events: list[dict[str, Any]], texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_agreement(Path(folder), given_events, texts)


def test_they_agree_on_every_operator_and_word(tmp_path: Path) -> None:
    values: list[Any] = [*WORDS, None, 1, True, ["a"], {}, ["a", "b"], []]
    given_events = [event(verb=value, user={"username": value, "groups": value}) for value in values]
    given_events += [event(user={"groups": [one, two]}) for one in WORDS for two in WORDS]
    hits = check_agreement(tmp_path, given_events, list(every_check()))
    assert sum(0 < len(rows) < len(given_events) for rows in hits) > len(hits) / 2


def every_check() -> Iterator[str]:
    lists = ["()", *(f"({quote(word)})" for word in WORDS), "(a, a)", '(a, ab, "")', "(a, True, true)"]
    for operator in (name for name in STRING_OPERATORS if not name.startswith("b")):
        patterns = REGEXES if operator == "regex" else [*PATTERNS, "val(ka.verb)", "val(ka.user.name)"]
        for left in ("ka.verb", "tolower(ka.verb)"):
            yield from (f"{left} {operator} {pattern}" for pattern in patterns)
        if operator != "regex":
            yield from (f"ka.verb {operator} {word} {each}" for word in MODIFIERS for each in lists)
    for operator in ("in", "pmatch", "intersects"):
        yield from (f"ka.verb {operator} {each}" for each in lists)
    for operator in ("in", "intersects"):
        yield from (f"ka.user.groups {operator} {each}" for each in [*lists, "val(ka.user.groups)"])
    yield from (f"evt.is_async {operator} {value}" for operator in ("=", "!=") for value in ("true", "false"))
    yield from ("evt.num in (1, 3)", "evt.num intersects (2, 2)", "evt.is_async in (false)")
    for operator in ("<", "<=", ">", ">=", "=", "==", "!="):
        yield from (
            f"{left} {operator} {number}" for left in ("len(ka.verb)", "evt.num") for number in (0, 1, 2)
        )
