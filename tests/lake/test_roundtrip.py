"""What goes into the lake comes out of it, and what Falco's fields are does not depend on the way in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcolab.fields.rawjson import compact
from falcolab.lake.schema import OWN_COLUMNS
from tests.bench.audit_log import multiplied, recording
from tests.lake.events import AUDIT_ID, TIME, event, lake_of, line, stored_events, values

ODD = {
    "an id that is no UUID": event(auditID="a b"),
    "an id that is a number": event(auditID=12),
    "an id with an escape": event(auditID='quote " backslash \\'),
    "no id": {name: value for name, value in event().items() if name != "auditID"},
    "a time in another zone": event(stageTimestamp="2026-11-23T19:13:58.000002+02:00"),
    "a time in nanoseconds": event(stageTimestamp="2026-11-23T17:13:58.123456789Z"),
    "a time in the year 9999": event(stageTimestamp="9999-11-23T17:13:58.123456Z"),
    "a time in the year 1": event(requestReceivedTimestamp="0001-01-01T00:00:00.000000Z"),
    "a day that is none": event(requestReceivedTimestamp="2026-02-31T00:00:00.000000Z"),
    "a time that is null": event(requestReceivedTimestamp=None),
    "members that nobody knows": event(more={"a": [1, None, "\u00e4"]}, layout="mine"),
    "a body with blanks in its texts": event(responseObject={"a  b": " c\td "}),
    "nothing but what it takes": {"stageTimestamp": TIME, "kind": "Event"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_an_event_comes_back_member_by_member(odd: dict[str, object], tmp_path: Path) -> None:
    lines = [line(each) for each in (event(1), odd, event(2), odd, event(3))]
    lake = lake_of(tmp_path, b"".join(lines))
    assert stored_events(lake) == [each.rstrip() for each in lines]
    for member in OWN_COLUMNS:
        expected = [json.loads(each).get(member, ...) for each in lines]
        texts = [
            None if each is ... else each if isinstance(each, str) else json.dumps(each) for each in expected
        ]
        assert values(lake, "json.value", f"/{member}") == texts
    assert lake.verify() == []


def test_the_recording_comes_back_round_after_round(shared: Path, tmp_path: Path) -> None:
    lines = recording()
    assert lines is not None
    log = [*lines, *(each.rstrip() for each in multiplied(lines, 3 * len(lines)))]
    assert stored_events(lake_of(tmp_path, b"\n".join(log))) == [compact(each) for each in log]


@pytest.mark.parametrize(
    "text",
    [
        b'{"kind" : "Event", "stageTimestamp":"%s" , "verb": "a  b"}' % TIME.encode(),
        b'{"kind":"Event","stageTimestamp":"%s","user":{"username":"a","username":"b"}}' % TIME.encode(),
        b'{"kind":"Event","stageTimestamp":"%s","objectRef":{"name":"\xff","\xfe":1},"\xfd":2}'
        % TIME.encode(),
        b'{"kind":"Event","stageTimestamp":"%s","objectRef":{"name":null,"resource":7}}' % TIME.encode(),
        b'{"kind":"Event","stageTimestamp":"%s","objectRef":["name"],"user":"me"}' % TIME.encode(),
    ],
    ids=["blanks", "one key twice", "no UTF-8", "numbers for texts", "no objects"],
)
def test_texts_are_kept_as_they_are(text: bytes, tmp_path: Path) -> None:
    assert stored_events(lake_of(tmp_path, text)) == [compact(text)]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(TIME) | st.just(AUDIT_ID),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=5), below, max_size=2),
    max_leaves=5,
)
_MEMBERS = st.dictionaries(
    st.sampled_from(["auditID", "objectRef", "requestURI", "requestObject", "responseObject", "x", "user"]),
    _JSON,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_MEMBERS, min_size=1, max_size=6))
def test_any_events_come_back(members: list[dict[str, object]]) -> None:
    lines = [line(event(number % 2, **each)) for number, each in enumerate([*members, *members])]
    with tempfile.TemporaryDirectory() as folder:
        assert stored_events(lake_of(Path(folder), b"".join(lines))) == [each.rstrip() for each in lines]
