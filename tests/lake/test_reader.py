"""Reading many fields at once gives what reading them one by one does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcolab.fields.audit_values import READINGS, extract
from falcolab.fields.rawjson import Json, parse_object
from falcolab.lake.reader import FieldReader, TextReader
from falcolab.lake.schema import DIMENSIONS
from tests.bench.audit_log import recording

FIELDS = [name for dimension in DIMENSIONS for name in dimension.fields]
READER = FieldReader(FIELDS)
MEMBERS = {READINGS[name].path[0] for name in FIELDS}


def _one_by_one(raw: bytes) -> list[Any]:
    found = [extract(name, None, Json(raw)) for name in FIELDS]
    return [list(value) if isinstance(value, tuple) else value for value in found]


def _at_once(raws: list[bytes]) -> list[list[Any]]:
    members = {name: [_member(raw, name) for raw in raws] for name in MEMBERS}
    columns = READER.columns(members, [READER.others(Json(raw)) for raw in raws])
    return [list(row) for row in zip(*columns, strict=True)]


def _member(raw: bytes, name: str) -> bytes | None:
    value = parse_object(raw).get(name)
    return None if value is None else bytes(value)


def test_on_the_recordings(shared: Path) -> None:
    more = (shared / "conformance/captures/k8s_audit/regression.jsonl").read_bytes().splitlines()
    raws = (recording() or []) + more
    assert _at_once(raws) == [_one_by_one(raw) for raw in raws]


_KEYS = st.sampled_from(
    ["spec", "containers", "metadata", "name", "image", "resource", "subresource", "hostNetwork", "username"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("pods"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_KEYS, below, max_size=4),
    max_leaves=12,
)
_EVENTS = st.dictionaries(
    st.sampled_from(["user", "objectRef", "requestObject", "responseObject", "responseStatus", "verb"]),
    _VALUES,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_EVENTS, min_size=1, max_size=3), st.booleans())
def test_on_any_events(events: list[dict[str, Any]], ascii_only: bool) -> None:  # noqa: FBT001
    raws = [json.dumps(event, ensure_ascii=ascii_only).encode(errors="surrogatepass") for event in events]
    assert _at_once(raws) == [_one_by_one(raw) for raw in raws]


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (b'{"a":{"b":"x"},"c":"y"}', ("x", "y")),
        (b'{"a":{"b":"x","b":"z"}}', ("z", None)),
        (b'{"a":{"b":null},"c":1.50}', ("null", "1.50")),
        (b'{"a":"b","c":"\\u0041\\/"}', (None, "A/")),
        (b'{"a":{"b":"\\u0000x"},"c":"a\\u0000x"}', ("", "a")),
        (b'{"a":{"b":"\xc3\xa4"},"c":"\xff"}', ("\u00e4", "\U0010dcff")),
        (b'{"a":[{"b":"x"}],"c":{"d" : 1}}', (None, '{"d":1}')),
        (b"[]", (None, None)),
        (b'"text"', (None, None)),
    ],
)
def test_texts(raw: bytes, texts: tuple[str | None, ...]) -> None:
    reader = TextReader([("a", "b"), ("c",)])
    assert reader.read(raw) == texts
    assert reader.read_all([None, b'{"c":"x"}', raw]) == [(None, None), (None, "x"), texts]
