"""Ways to decide the official rules: the masks, the reference, and a scan that decides nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from falcolab.api.lake import Lake
from falcolab.engine.planner import make_plan
from falcolab.engine.reference import WideTable
from falcolab.engine.replay import match_parts
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.layout import EVENTS
from falcolab.lang.typed import TypedCondition
from falcolab.rules.loader import load_files, load_texts, ruleset_of

Hits = list[tuple[int, int]]
"""Event and rule, in order."""

CHANGED = "Create Privileged Pod"


def conditions_of(rules: Path) -> list[TypedCondition]:
    """The conditions of a rules file."""
    return [rule.typed for rule in ruleset_of(load_files([rules])).enabled(K8S_AUDIT)]


def changed_conditions(rules: Path, serial: int) -> list[TypedCondition]:
    """The same with one rule changed, each serial number another way."""
    change = (
        f"- rule: {CHANGED}\n"
        f"  condition: and not ka.req.pod.containers.image.repository intersects (bench-{serial})\n"
        "  override: {condition: append}\n"
    )
    loaded = load_texts([(rules.name, rules.read_text()), ("change.yaml", change)])
    return [rule.typed for rule in ruleset_of(loaded).enabled(K8S_AUDIT)]


def forget(lake: Lake) -> None:
    """Throw away all cached masks."""
    shutil.rmtree(lake.store.cache, ignore_errors=True)


def forget_events(lake: Lake) -> None:
    """Throw away what is known of single events; the masks of dimensions stay."""
    for path in lake.store.cache.glob(f"*/{EVENTS}*"):
        path.unlink()


def replay(lake: Lake, conditions: Sequence[TypedCondition]) -> list[Any]:
    """What matches, by the masks."""
    return list(match_parts(lake.parts(), conditions))


def hits_of(matches: Sequence[Any]) -> list[Hits]:
    """What matches, part by part, in plain numbers."""
    return [list(zip(found.rows.tolist(), found.rules.tolist(), strict=True)) for found in matches]


def wide_tables(lake: Lake, conditions: Sequence[TypedCondition]) -> list[WideTable]:
    """All events with the values that the conditions need, in memory."""
    return [WideTable(part, conditions) for part in lake.parts()]


def reference_hits(tables: Sequence[WideTable]) -> list[Hits]:
    """What matches, by one SQL statement over the wide table."""
    found = []
    for table in tables:
        truths = table.judge()
        events, rules = np.nonzero(np.column_stack([truths[index] for index in range(len(truths))]))
        found.append(list(zip(events.tolist(), rules.tolist(), strict=True)))
    return found


@dataclass
class BareScan:
    """Reads the columns of events that a replay reads, and looks at every value.

    DuckDB does it, on all cores; it was the fastest of several ways.
    """

    lake: Lake
    conditions: Sequence[TypedCondition]
    files: list[str] = field(init=False)
    statement: str = field(init=False)

    def __post_init__(self) -> None:
        part = next(self.lake.parts())
        tables = make_plan(self.conditions, part.capture.source).tables
        keys = [part.layout.key_of(table) for table in tables if table != EVENTS]
        captures = self.lake.captures
        paths = [file.path for c in captures for each in c.parts for file in each.of_table(EVENTS)]
        self.files = [str(self.lake.store.root / path) for path in paths]
        self.statement = f"SELECT {', '.join(f'bit_xor({key})' for key in keys)} FROM read_parquet(?)"

    def run(self, connection: duckdb.DuckDBPyConnection) -> Any:
        """One scan."""
        return connection.execute(self.statement, [self.files]).fetchone()


def timed(step: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """The seconds that a step takes, and what it gives."""
    begun = time.perf_counter()
    result = step(*arguments)
    return time.perf_counter() - begun, result


def replay_once(folder: Path, rules: Path, *, cold: bool) -> int:
    """A replay for a process of its own; gives the number of matches."""
    lake = Lake(folder)
    if cold:
        forget(lake)
    return sum(len(found.rows) for found in replay(lake, conditions_of(rules)))
