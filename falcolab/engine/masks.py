"""Which rows of the dimensions let which conditions through, as bits; kept on disk.

A mask is a 64-bit word per row and group of 64 conditions: bit ``i`` is set when, going by
this table alone, condition ``i`` can be true. The truth of every factor is cached by the
digest of the dimension's file and that of the factor, so that a changed rule costs one
factor.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from falcolab.engine.plan import TRUE, Plan, fingerprint
from falcolab.engine.table import Bools, Table
from falcolab.lake.store import CACHE_NAME
from falcolab.lang.ast import And, Not, Or, leaves
from falcolab.lang.typed import Test

Words = npt.NDArray[np.uint64]


class FactorCache:
    """Truth of factors over a dimension's file, on disk.

    Args:
        folder: where; None keeps nothing.
        digest: of the dimension's file.
        rows: how many rows it has.
    """

    def __init__(self, folder: Path | None, digest: str, rows: int) -> None:
        self.folder = folder / digest[:CACHE_NAME] if folder is not None else None
        self.rows = rows

    def get(self, factor: Any) -> Bools | None:
        """The truth of a factor, if it is known."""
        if self.folder is None:
            return None
        try:
            packed = np.fromfile(self.folder / fingerprint(factor), np.uint8)
        except OSError:
            return None
        if len(packed) != (self.rows + 7) // 8:
            return None
        return np.unpackbits(packed, count=self.rows).astype(np.bool_)

    def put(self, factor: Any, truth: Bools) -> None:
        """Remember the truth of a factor; a lake that cannot be written to goes without."""
        if self.folder is None:
            return
        path = self.folder / fingerprint(factor)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            np.packbits(truth).tofile(temporary)
            temporary.rename(path)
        except OSError:
            self.folder = None


def judge_conditions(table: Table, conditions: Iterable[Any], cache: FactorCache) -> dict[Any, Bools]:
    """The truth of conditions that read one table, row by row."""
    truths: dict[Any, Bools] = {}
    missing = []
    for condition in dict.fromkeys(conditions):
        known = cache.get(condition)
        if known is None:
            missing.append(condition)
        else:
            truths[condition] = known
    tests = list(dict.fromkeys(leaf for node in missing for leaf in leaves(node) if isinstance(leaf, Test)))
    verdicts = table.judge(tests) if tests else {}
    for condition in missing:
        truths[condition] = combine(condition, verdicts, table.rows)
        cache.put(condition, truths[condition])
    return truths


def combine(node: Any, truths: dict[Any, Bools], rows: int) -> Bools:
    """The truth of a condition from that of its leaves."""
    match node:
        case Not(child=child):
            return ~combine(child, truths, rows)
        case And(children=children):
            truth = np.ones(rows, np.bool_)
            for child in children:
                truth &= combine(child, truths, rows)
            return truth
        case Or(children=children):
            truth = np.zeros(rows, np.bool_)
            for child in children:
                truth |= combine(child, truths, rows)
            return truth
        case _:
            return truths[node].copy()


def pack_masks(plan: Plan, table: str, truths: dict[Any, Bools], rows: int) -> list[Words]:
    """The masks of a table's rows: one array of words per 64 conditions."""
    words = []
    for start in range(0, len(plan.rules), 64):
        word = np.zeros(rows, np.uint64)
        for bit, rule in enumerate(plan.rules[start : start + 64]):
            factor = rule.factors.get(table, TRUE)
            one = np.uint64(1 << bit)
            word |= one if factor == TRUE else np.where(truths[factor], one, np.uint64(0))
        words.append(word)
    return words
