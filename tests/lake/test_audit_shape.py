"""Lines of known shape are not parsed; that must not show."""

from __future__ import annotations

import io

import pytest

from falcolab.sources.audit_shape import Shapes, brief
from falcolab.sources.k8s_audit import AuditEvent, read_events
from tests.lake.events import AUDIT_ID, TIME, event, line

PLAIN = line(event())
DECOY = f'"auditID":"{AUDIT_ID}"'
TIMES = f'"requestReceivedTimestamp":"{TIME}","stageTimestamp":"{TIME}"'


def _events(log: bytes) -> list[AuditEvent]:
    return [item for item in read_events(io.BytesIO(log)) if isinstance(item, AuditEvent)]


def test_lines_that_differ_in_id_and_times_share_a_shape_from_the_second_on() -> None:
    shapes = [each.shape for each in _events(b"".join(line(event(number)) for number in range(5)))]
    assert shapes == [None, 1, 1, 1, 1]


def test_what_a_line_has_for_itself_is_read() -> None:
    last = _events(b"".join(line(event(number)) for number in range(3)))[-1]
    assert last.brief is not None
    time, received, audit_id, _ = last.brief
    assert (audit_id, last.time - received, time) == (f"00000002{AUDIT_ID[8:]}", 1000, last.time)
    assert bytes(last.json.members()["auditID"]) == f'"{audit_id}"'.encode()


@pytest.mark.parametrize(
    "hostile",
    [
        PLAIN.replace(b'"level"', b'"x":{%s},"level"' % DECOY.encode()),
        PLAIN.replace(b'"annotations":{', b'"annotations":{%s,' % TIMES.encode()),
        PLAIN.replace(b'"auditID"', b'"audit\\u0049D"').replace(
            b'{"kind"', b'{"x":{%s},"kind"' % DECOY.encode()
        ),
        PLAIN.replace(b"}\n", b',"auditID":"another"}\n'),
        PLAIN.replace(b'"kind":"Event"', b'"kind":"Other"'),
        PLAIN.replace(b'"kind":"Event"', b'"kind":"Event","kind":"Other"'),
        PLAIN.replace(b"}\n", b"}}\n"),
        b"[" + PLAIN.rstrip() + b"]\n",
        b"x" + PLAIN,
        line(dict(reversed(event().items()))),
    ],
    ids=[
        "id",
        "times",
        "escaped key",
        "key twice",
        "kind",
        "kind twice",
        "no JSON",
        "array",
        "prefix",
        "reversed",
    ],
)
def test_a_line_whose_own_values_are_elsewhere_has_no_shape(hostile: bytes) -> None:
    twice = _events(hostile * 3)
    assert [each.shape for each in twice] == [None] * len(twice)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace(AUDIT_ID[8:].encode(), b'","verb":"delete' + AUDIT_ID[24:].encode()),
        PLAIN.replace(b"17:13:00.000002Z", b"17:13:60.000002Z"),
        PLAIN.replace(b"2026-11-23T17:13:00.000002Z", b"3026-11-23T17:13:00.000002Z"),
        PLAIN.replace(b"000002Z", b"00002Z"),
        PLAIN.replace(b"000002Z", b"000002+01:00"),
        PLAIN.replace(AUDIT_ID[8:].encode(), b"-short"),
        b"",
    ],
    ids=["quote in id", "second 60", "far future", "five digits", "zone", "short id", "nothing"],
)
def test_values_that_cannot_be_had_back_make_no_brief(text: bytes) -> None:
    found = brief(text)
    assert found is None or Shapes().get(found[3]) is None
    assert all(each.shape is None for each in _events(text * 3))


def test_shapes_are_forgotten_when_they_are_too_many() -> None:
    shapes = Shapes(limit=2_000)
    frames = [brief(line(event(verb=f"verb-{number}"))) for number in range(9)]
    for found in [*frames, *frames]:
        assert found is not None
        shapes.get(found[3])
    known = [shapes.get(found[3]) for found in frames if found is not None]
    assert [number is not None for number in known[-2:]] == [True, True]
    assert len({number for number in known if number is not None}) == len(
        [number for number in known if number is not None]
    )
