"""Checks on a table mean the same in SQL, for many rows, and value by value, for few."""

from __future__ import annotations

import numpy as np
import pytest

from falcolab.engine import table
from falcolab.engine.conditions import compile_text
from falcolab.engine.replay import match_parts
from falcolab.fields.catalogue import K8S_AUDIT
from tests.lake.events import event, lake_of, line

CONDITIONS = [
    "ka.verb = list",
    "ka.target.name != web-3",
    "ka.target.name in (web-1, web-2) and not ka.user.name startswith sys",
    "ka.user.groups intersects (a, b) or ka.user.groups in (c)",
    "ka.uri contains PODS or ka.uri icontains PODS",
    "ka.response.code exists",
    "jevt.value[/objectRef/name] endswith 5",
    "ka.target.name glob web-[1-3]",
]


def test_both_ways_agree(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[list[str] | None] = [None, [], ["a"], ["c"], ["b", "c"], ["d"]]
    log = [
        line(
            event(
                number,
                objectRef={"name": f"web-{number % 7}"} if number % 5 else {},
                user={"username": "system:x" if number % 2 else "\u00e4", "groups": groups[number % 6]},
                requestURI="/pods" if number % 3 else "/PODS?\u0000",
            )
        )
        for number in range(60)
    ]
    lake = lake_of(tmp_path_factory.mktemp("tables"), b"".join(log))
    typed = [compile_text(text, K8S_AUDIT) for text in CONDITIONS]
    answers = []
    for small in (0, 10**9):
        monkeypatch.setattr(table, "SMALL", small)
        (found,) = match_parts(lake.parts(cached=False), typed)
        answers.append(np.stack([found.rows, found.rules]))
    assert np.array_equal(answers[0], answers[1])
    assert set(answers[0][1].tolist()) == set(range(len(CONDITIONS)))
