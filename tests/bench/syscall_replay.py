"""The official rules on a large lake: with nothing cached, with masks, with one rule changed.

"Per core" is events by the CPU seconds, user and system, of all threads of the process: on a
machine with more cores the clock shows more, on one core it would show this.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from falcolab.api.lake import Lake
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.typed import TypedCondition
from falcolab.rules.loader import load_files, load_texts, ruleset_of
from tests.bench import replay_steps as steps
from tests.bench.table import MIB, Row, at_least, at_most, share

FALCO = 650_000
"""Events per second and core of Falco 0.44.1 on the workload, all official rules loaded."""

CHANGED = "Read sensitive file untrusted"


def conditions_of(rules: Sequence[Path]) -> list[TypedCondition]:
    """The conditions of some rules files on system calls."""
    return [rule.typed for rule in ruleset_of(load_files(rules)).rules if rule.source == SYSCALL]


def changed_conditions(rules: Sequence[Path], serial: int) -> list[TypedCondition]:
    """The same with one rule changed, each serial number another way."""
    change = (
        f"- rule: {CHANGED}\n"
        f"  condition: and not (proc.name = bench-{serial} and fd.name startswith /bench-{serial})\n"
        "  override: {condition: append}\n"
    )
    texts = [*((path.name, path.read_text()) for path in rules), ("change.yaml", change)]
    return [rule.typed for rule in ruleset_of(load_texts(texts)).rules if rule.source == SYSCALL]


@dataclass(frozen=True, slots=True)
class Took:
    """What a step took, by the clock and of all cores together, in seconds."""

    seconds: float
    cpu: float


def took(step: Callable[..., Any], *arguments: Any) -> tuple[Took, Any]:
    """What a step took, and what it gave."""
    begun, before = time.perf_counter(), time.process_time()
    result = step(*arguments)
    return Took(time.perf_counter() - begun, time.process_time() - before), result


def replay_once(folder: Path, rules: Sequence[Path], *, cold: bool) -> int:
    """A replay for a process of its own; gives the number of matches."""
    lake = Lake(folder)
    if cold:
        steps.forget(lake)
    return sum(len(found.rows) for found in steps.replay(lake, conditions_of(rules)))


def survivors_of(folder: Path, rules: Sequence[Path]) -> float:
    """The share of a lake's events that survive the masks."""
    lake = Lake(folder)
    left = sum(int(found.survivors) for found in steps.replay(lake, conditions_of(rules)))
    return left / sum(each.events for each in lake.captures)


class Samples:
    """What every way took, run by run; all ways take turns.

    The ways: ``cold``, ``warm``, ``anew`` (the masks are there, but nothing is known of single events),
    ``changed`` (all rules, one of them another), ``one`` (that rule alone, known from ``changed``),
    and the bare ``scan``.
    """

    def __init__(self, lake: Lake, rules: Sequence[Path], runs: int) -> None:
        self._ways: dict[str, list[Took]] = defaultdict(list)
        self.survivors = self.matches = 0
        conditions = conditions_of(rules)
        bare = steps.BareScan(lake, conditions)
        with duckdb.connect() as connection:
            bare.run(connection)
            for run in range(runs):
                changed = changed_conditions(rules, run)
                steps.forget(lake)
                found = self._add("cold", steps.replay, lake, conditions)
                self._add("warm", steps.replay, lake, conditions)
                self._add("scan", bare.run, connection)
                self._add("changed", steps.replay, lake, changed)
                steps.forget_events(lake)
                self._add("anew", steps.replay, lake, conditions)
                self._add(
                    "one", steps.replay, lake, [other_of(conditions, changed_conditions(rules, -1 - run))]
                )
            self.survivors = sum(each.survivors for each in found)
            self.matches = sum(len(each.rows) for each in found)

    def _add(self, way: str, step: Callable[..., Any], *arguments: Any) -> Any:
        spent, result = took(step, *arguments)
        self._ways[way].append(spent)
        return result

    def cpu(self, way: str) -> float:
        """The typical CPU seconds of a way."""
        return float(median(each.cpu for each in self._ways[way]))

    def clock(self, one: str, other: str) -> float:
        """The typical ratio of two ways in one run, by the clock."""
        pairs = zip(self._ways[one], self._ways[other], strict=True)
        return median(first.seconds / second.seconds for first, second in pairs)

    def ratio(self, one: str, other: str) -> float:
        """The typical ratio of two ways in one run, in CPU seconds."""
        pairs = zip(self._ways[one], self._ways[other], strict=True)
        return median(first.cpu / second.cpu for first, second in pairs)


def other_of(before: Sequence[TypedCondition], after: Sequence[TypedCondition]) -> TypedCondition:
    """The condition that has changed."""
    return next(new for old, new in zip(before, after, strict=True) if old != new)


def replay_rows(samples: Samples, events: int, peaks: dict[str, int]) -> list[Row]:
    """The rows of the table, given the peaks of memory of a cold and a warm replay."""
    return [
        Row("bare scan of the keys, events per second and core", f"{events / samples.cpu('scan'):,.0f}"),
        *_way(samples, events, "cold", "replay of 93 rules, nothing cached, per core", 5),
        Row("  peak memory, MiB", f"{peaks['cold'] / MIB:,.0f}"),
        *_way(samples, events, "warm", "replay of 93 rules, all cached, per core", 20),
        at_most("  times the bare scan", samples.ratio("warm", "scan"), 5),
        at_most("  by the clock, the bare scan on all cores", samples.clock("warm", "scan"), 5),
        Row("  peak memory, MiB", f"{peaks['warm'] / MIB:,.0f}"),
        *_way(samples, events, "anew", "replay of 93 rules, masks cached, survivors anew", 20),
        Row("replay of 93 rules, one changed, per core", f"{events / samples.cpu('changed'):,.0f}"),
        share("  share of the replay with nothing cached", samples.ratio("changed", "cold"), 0.1),
        share("  the changed rule alone", samples.ratio("one", "cold"), 0.1),
    ]


def _way(samples: Samples, events: int, way: str, name: str, aim: float) -> list[Row]:
    rate = events / samples.cpu(way)
    return [Row(name, f"{rate:,.0f}"), at_least("  times Falco's recorded speed", rate / FALCO, aim)]
