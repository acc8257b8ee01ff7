"""Checks are decided per distinct value, and say the same as row by row, table after table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from falcolab.engine import pools
from falcolab.engine.binders import binder_of
from falcolab.engine.coded import coded, plain
from falcolab.engine.conditions import compile_text
from falcolab.engine.pools import Pools
from falcolab.engine.table import Table
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.ast import leaves

BIND = binder_of(SYSCALL)
TEXTS: list[Any] = ["bash", "sh", None, "bash", "", "nginx", None, "sh"]
LINES: list[Any] = [["bash", "a"], [], None, ["bash", "a"], ["sh"], ["bash"], None, ["a", "bash"]]
CHECKS = [
    "proc.name = bash",
    "proc.name != bash",
    "proc.name exists",
    "proc.name in (sh, nginx) and tolower(proc.name) = sh",
    "proc.name glob n*",
    "proc.name = proc.name or proc.name = val(proc.pname)",
    "proc.aname = bash",
    "proc.aname[1] = a",
    "proc.aname exists",
]


def table(shift: int) -> Table:
    rows = [(index + shift) % len(TEXTS) for index in range(len(TEXTS) - shift)]
    data = {
        "proc.name": pa.array([TEXTS[row] for row in rows], pa.string()),
        "proc.pname": pa.array([TEXTS[-row] for row in rows], pa.string()),
        "proc.aname": pa.array([LINES[row] for row in rows], pa.list_(pa.string())),
        "ancestor_name": pa.array([LINES[row] for row in rows], pa.list_(pa.string())),
    }
    stored = pa.table(data)
    return Table(stored.num_rows, stored.select, BIND)


@pytest.mark.parametrize("most", [1, 10**6])
def test_they_agree_with_judging_row_by_row(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(pools, "_MAX_VALUES", most)
    tests = [leaf for text in CHECKS for leaf in leaves(compile_text(text, SYSCALL))]
    pooled = Pools(BIND)
    for shift in (3, 5, 0, 0):
        found = pooled.judge(table(shift), tests)
        expected = table(shift).judge(tests)
        for test, truth in zip(tests, expected, strict=True):
            assert found[id(test)].tolist() == truth.tolist(), test.text


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (TEXTS, pa.string()),
        (LINES, pa.list_(pa.string())),
        ([[1, None], [1], None, [], [1, None]], pa.list_(pa.int64())),
        ([True, None, False, True], pa.bool_()),
        ([], pa.string()),
        ([], pa.list_(pa.string())),
    ],
)
def test_codes_stand_for_the_values(values: list[Any], type_: pa.DataType) -> None:
    for column in (pa.chunked_array([values, values], type_), pa.chunked_array([values], type_)):
        of = coded(column)
        distinct = plain(of.values)
        assert [distinct[code] for code in of.codes] == plain(column)
        assert len(set(distinct)) == len(distinct) == len(set(np.unique(of.codes)))


def test_slices_are_coded_as_they_are() -> None:
    column = pa.chunked_array([pa.array(LINES, pa.list_(pa.string())).slice(2, 4)])
    of = coded(column)
    assert [plain(of.values)[code] for code in of.codes] == plain(column)
