"""Audit logs: how fast they get into the lake, and how fast the official rules are replayed."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import duckdb

from falcolab.api.lake import Lake
from tests import shared_data
from tests.bench import replay_steps as steps
from tests.bench.audit_log import recording, write_log
from tests.bench.process import Measured, measured
from tests.bench.table import MIB, Row, print_table

Samples = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, and how often."""

    events: int
    runs: int


def main(size: Size) -> int:
    """Print the table; 2 where the rules or the recording are missing, 1 where the evaluators differ."""
    folder, lines = shared_data.official_rules(), recording()
    if folder is None or not (folder / "k8s_audit_rules.yaml").is_file():
        print(
            "needs k8s_audit_rules.yaml in ../shared/conformance/rules/official or $FALCOLAB_OFFICIAL_RULES",
            file=sys.stderr,
        )
        return 2
    if lines is None:
        print("needs datasets/k8s-cluster/audit.jsonl.gz", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="falcolab-bench-") as scratch:
        return _measure(size, lines, folder / "k8s_audit_rules.yaml", Path(scratch))


def _measure(size: Size, lines: list[bytes], rules: Path, scratch: Path) -> int:
    log, lake = scratch / "audit.jsonl", scratch / "lake"
    rows = _ingest_rows(size, lines, log, scratch)
    cold = measured(partial(steps.replay_once, cold=True), lake, rules)
    warm = measured(partial(steps.replay_once, cold=False), lake, rules)
    samples = _replay_samples(size, lake, rules)
    if samples is None:
        print("the masks and the reference evaluator find different matches", file=sys.stderr)
        return 1
    rows += _replay_rows(size.events, samples, cold, warm)
    count = len(steps.conditions_of(rules))
    what = f"{cold.result:,} matches of {count} rules on {size.events:,} events, {size.runs} runs"
    print_table(f"audit: {what}", rows)
    return 0


def ingest(lake: Path, log: Path) -> int:
    """Ingest for a process of its own; gives the bytes of the lake."""
    Lake.ingest(lake, log)
    return sum(capture.bytes for capture in Lake(lake).captures)


def _ingest_rows(size: Size, lines: list[bytes], log: Path, scratch: Path) -> list[Row]:
    read = write_log(lines, size.events, log)
    found = [measured(ingest, scratch / "lake", log)]
    found += [measured(ingest, scratch / f"lake-{run}", log) for run in range(1, size.runs)]
    write_log(lines, size.events // 4, log, alike=False)
    odd = measured(ingest, scratch / "lake-odd", log)
    rate = size.events / median(each.cpu for each in found)
    return [
        Row("ingest, events per second and core", f"{rate:,.0f}", "> 50,000", rate > 50_000),
        Row("  by the clock", f"{size.events / median(each.seconds for each in found):,.0f}"),
        Row("  no two lines alike, per core", f"{size.events // 4 / odd.cpu:,.0f}"),
        Row("  peak memory, MiB", f"{max(each.peak for each in found) / MIB:,.0f}"),
        Row("log, bytes per event", f"{read / size.events:,.0f}"),
        Row("lake, bytes per event", f"{found[0].result / size.events:,.1f}"),
    ]


def _replay_samples(size: Size, folder: Path, rules: Path) -> Samples | None:
    """The seconds of every way, all ways in turn, again and again; None if they do not agree."""
    lake, conditions = Lake(folder), steps.conditions_of(rules)
    bare, samples = steps.BareScan(lake, conditions), defaultdict(list)
    with duckdb.connect() as connection:
        for run in range(size.runs):
            steps.forget(lake)
            changed = steps.changed_conditions(rules, run)
            cold, _ = steps.timed(steps.replay, lake, conditions)
            warm, matches = steps.timed(steps.replay, lake, conditions)
            change, _ = steps.timed(steps.replay, lake, changed)
            scan, _ = steps.timed(bare.run, connection)
            build, tables = steps.timed(steps.wide_tables, lake, conditions)
            sql, _ = steps.timed(lambda wide: [table.judge() for table in wide], tables)
            if run == 0 and steps.reference_hits(tables) != steps.hits_of(matches):
                return None
            seconds = {"cold": cold, "warm": warm, "change": change, "scan": scan, "build": build, "sql": sql}
            for name, value in seconds.items():
                samples[name].append(value)
            _add_ratios(samples)
    return samples


def _add_ratios(samples: Samples) -> None:
    """The ratios of the last run: what disturbs a run disturbs both sides."""
    last = {name: values[-1] for name, values in samples.items()}
    for way in ("cold", "warm"):
        samples[f"{way}/scan"].append(last[way] / last["scan"])
        samples[f"reference/{way}"].append((last["build"] + last["sql"]) / last[way])
    samples["sql/warm"].append(last["sql"] / last["warm"])


def _replay_rows(events: int, samples: Samples, cold: Measured, warm: Measured) -> list[Row]:
    typical = {name: median(values) for name, values in samples.items()}
    return [
        Row("bare scan of the keys, events per second", f"{events / typical['scan']:,.0f}"),
        Row("replay, masks cached, events per second", f"{events / typical['warm']:,.0f}"),
        _ratio("  times the bare scan", typical["warm/scan"], at_most=5),
        _ratio("  faster than the reference", typical["reference/warm"], at_least=20),
        _ratio("  faster than the reference's SQL alone", typical["sql/warm"]),
        Row("  peak memory, MiB", f"{warm.peak / MIB:,.0f}"),
        Row("replay, nothing cached, events per second", f"{events / typical['cold']:,.0f}"),
        _ratio("  times the bare scan", typical["cold/scan"]),
        _ratio("  faster than the reference", typical["reference/cold"]),
        Row("  peak memory, MiB", f"{cold.peak / MIB:,.0f}"),
        Row("replay, one rule changed, events per second", f"{events / typical['change']:,.0f}"),
        Row("reference evaluator, events per second", f"{events / (typical['build'] + typical['sql']):,.0f}"),
        Row("  its SQL over a wide table in memory", f"{events / typical['sql']:,.0f}"),
    ]


def _ratio(name: str, value: float, *, at_most: float | None = None, at_least: float | None = None) -> Row:
    text = f"{value:.1f}"
    if at_most is not None:
        return Row(name, text, f"<= {at_most:g}", value <= at_most)
    return Row(name, text) if at_least is None else Row(name, text, f">= {at_least:g}", value >= at_least)
