"""A replay finds the same again, with what it has kept, with another rule, and as the reference does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from falcolab.api.lake import Lake
from falcolab.engine.conditions import compile_text
from falcolab.engine.reference import WideTable
from falcolab.engine.replay import match_parts
from falcolab.fields.catalogue import SYSCALL
from tests import shared_data

CAPTURE = shared_data.ROOT / "datasets/host-scenario/capture.scap"
CONDITIONS = [
    "evt.type in (open, openat) and fd.name startswith /etc and evt.is_open_read = true",
    "(evt.type = execve and proc.aname[2] = bash) or (evt.type = openat and fd.name endswith passwd)",
    "evt.type in (unlink, unlinkat, mkdir) and (evt.arg.path contains tmp or evt.arg.name contains tmp)",
    "evt.type = openat and evt.arg.flags contains O_CREAT and not (proc.name = sh and fd.directory = /tmp)",
    "proc.aname in (bash, python3) and evt.rawres < 0",
    "evt.num > 100 and evt.num < 2000 and (fd.num >= 3 or proc.duration > 1000)",
    "evt.time contains 1 and evt.type = close",
    "not proc.name exists or container.id != host",
    "evt.num = 0",
    "fd.typechar = 4 and not fd.net in (127.0.0.0/8) or fd.types[0] in (file)",
]

Hits = list[list[int]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder: Path = tmp_path_factory.mktemp("again") / "lake"
    Lake.ingest_scap(folder, CAPTURE)
    return Lake(folder)


def hits(lake: Lake, conditions: list[str], *, cached: bool = True) -> Hits:
    found: Hits = [[] for _ in conditions]
    for matches in match_parts(
        lake.parts(cached=cached), [compile_text(text, SYSCALL) for text in conditions]
    ):
        for row, condition in zip(matches.rows.tolist(), matches.rules.tolist(), strict=True):
            found[condition].append(row)
    return found


@pytest.fixture(scope="module")
def expected(lake: Lake) -> Hits:
    (part,) = lake.parts(cached=False)
    truths = WideTable(part, [compile_text(text, SYSCALL) for text in CONDITIONS]).judge()
    return [np.flatnonzero(truth).tolist() for truth in truths.values()]


def test_again_and_again(lake: Lake, expected: Hits) -> None:
    assert sum(map(bool, expected)) >= len(CONDITIONS) - 2
    assert hits(lake, CONDITIONS, cached=False) == expected
    assert not lake.store.cache.exists()
    assert hits(lake, CONDITIONS) == hits(lake, CONDITIONS) == expected


def test_after_a_change(lake: Lake, expected: Hits) -> None:
    hits(lake, CONDITIONS[:4])
    changed = [CONDITIONS[0], "proc.name = bash", *reversed(CONDITIONS[1:])]
    found = hits(lake, changed)
    assert [found[0], *reversed(found[2:])] == expected


def test_a_period_is_not_mixed_up_with_the_whole(lake: Lake, expected: Hits) -> None:
    hits(lake, CONDITIONS)
    (part,) = lake.parts()
    times = part.events.stored(["time"])[0].to_numpy()
    middle = int(times[len(times) // 2])
    typed = [compile_text(text, SYSCALL) for text in CONDITIONS]
    (late,) = match_parts(lake.parts(since=middle), typed)
    first = int(np.searchsorted(times, middle))
    assert (np.diff(times) >= 0).all()
    rows = [(late.rows[late.rules == index] + first).tolist() for index in range(len(typed))]
    assert rows == [[row for row in of if row >= first] for of in expected]
