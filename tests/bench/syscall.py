"""Captures of system calls: reading, state, ingest, and replay of the official rules.

The capture is the largest that is there: the workload among Falco's recorded verdicts, else the
one that is bundled. Falco's own speed on the workload was recorded once, on a machine of the kind
that the docs name: 0.65 million events per second of one core with the same rules.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import duckdb

from falcolab.api.lake import Lake
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.typed import TypedCondition
from falcolab.rules.loader import load_files, ruleset_of
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from tests import shared_data
from tests.bench import replay_steps as steps
from tests.bench.audit import MIB, Samples, Size
from tests.bench.process import Measured, measured
from tests.bench.table import Row, print_table

OFFICIAL = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
FALCO = 650_000
"""Events per second and core of Falco 0.44.1 on the workload, all official rules loaded."""


def main(size: Size) -> int:
    """Print the table; 2 where the rules are missing."""
    folder = shared_data.official_rules()
    if folder is None or not all((folder / name).is_file() for name in OFFICIAL):
        print("needs the three rules files of system calls in $FALCOLAB_OFFICIAL_RULES", file=sys.stderr)
        return 2
    rules = [folder / name for name in OFFICIAL]
    with tempfile.TemporaryDirectory(prefix="falcolab-bench-") as scratch:
        return _measure(size, _capture(), rules, Path(scratch))


def _capture() -> Path:
    data = shared_data.shared()
    bundled = shared_data.ROOT / "datasets/host-scenario/capture.scap"
    return data / "conformance/captures/scap/live__workload.scap" if data is not None else bundled


def _measure(size: Size, capture: Path, rules: list[Path], scratch: Path) -> int:
    read, state = measured(_read, capture), measured(_state, capture)
    found = [measured(_ingest, scratch / f"lake-{run}", capture) for run in range(min(size.runs, 3))]
    lake = Lake(scratch / "lake-0")
    events = sum(each.events for each in lake.captures)
    cold = measured(partial(_replay_once, cold=True), scratch / "lake-0", rules)
    rows = _ingest_rows(events, read, state, found, capture)
    rows += _replay_rows(events, _replay_samples(size, lake, rules), cold)
    print_table(f"syscall: {cold.result:,} matches of 93 rules on {events:,} events, {size.runs} runs", rows)
    return 0


def _read(capture: Path) -> int:
    with open_capture(capture) as items:
        return sum(1 for _ in items)


def _state(capture: Path) -> int:
    with open_capture(capture) as items:
        return sum(1 for _ in Machine().replay(items))


def _ingest(lake: Path, capture: Path) -> int:
    Lake.ingest_scap(lake, capture)
    return sum(each.bytes for each in Lake(lake).captures)


def _raw_size(capture: Path) -> int:
    content = capture.read_bytes()
    return len(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)


def _ingest_rows(
    events: int, read: Measured, state: Measured, found: list[Measured], capture: Path
) -> list[Row]:
    rate = events / median(each.cpu for each in found)
    per_event, raw = found[0].result / events, _raw_size(capture)
    return [
        Row("read the capture, events per second and core", f"{events / read.cpu:,.0f}"),
        Row("read and keep the state", f"{events / state.cpu:,.0f}"),
        Row("ingest (pure Python)", f"{rate:,.0f}", ">= 325,000", rate >= FALCO / 2),
        Row("  share of Falco's recorded replay speed", f"{rate / FALCO:.3f}", ">= 0.5", rate >= FALCO / 2),
        Row("  peak memory, MiB", f"{max(each.peak for each in found) / MIB:,.0f}"),
        Row("lake, bytes per event", f"{per_event:.1f}", "<= 15", per_event <= 15),
        Row(
            "  share of the raw capture", f"{found[0].result / raw:.3f}", "<= 0.2", found[0].result * 5 <= raw
        ),
    ]


def _conditions(rules: list[Path]) -> list[TypedCondition]:
    return [rule.typed for rule in ruleset_of(load_files(rules)).rules if rule.source == SYSCALL]


def _replay_once(folder: Path, rules: list[Path], *, cold: bool) -> int:
    lake = Lake(folder)
    if cold:
        steps.forget(lake)
    return sum(len(found.rows) for found in steps.replay(lake, _conditions(rules)))


def _replay_samples(size: Size, lake: Lake, rules: list[Path]) -> Samples:
    """The seconds of every way, all ways in turn, again and again; and the share of events that survive."""
    conditions = _conditions(rules)
    bare, samples = steps.BareScan(lake, conditions), defaultdict(list)
    with duckdb.connect() as connection:
        for _ in range(size.runs):
            steps.forget(lake)
            cold, _ = steps.timed(steps.replay, lake, conditions)
            warm, matches = steps.timed(steps.replay, lake, conditions)
            scan, _ = steps.timed(bare.run, connection)
            survivors = sum(found.survivors for found in matches)
            for name, value in {"cold": cold, "warm": warm, "scan": scan, "left": survivors}.items():
                samples[name].append(value)
            samples["ratio"].append(warm / scan)
    return samples


def _replay_rows(events: int, samples: Samples, cold: Measured) -> list[Row]:
    typical: dict[str, float] = {name: median(values) for name, values in samples.items()}
    share: Callable[[str], float] = lambda way: events / typical[way] / FALCO  # noqa: E731
    left = typical["left"] / events
    return [
        Row("bare scan of the keys, events per second", f"{events / typical['scan']:,.0f}"),
        Row("replay of 93 rules, nothing cached", f"{events / typical['cold']:,.0f}"),
        Row("  times Falco's recorded speed", f"{share('cold'):.1f}", ">= 5", share("cold") >= 5),
        Row("  peak memory, MiB", f"{cold.peak / MIB:,.0f}"),
        Row("replay of 93 rules, masks cached", f"{events / typical['warm']:,.0f}"),
        Row("  times Falco's recorded speed", f"{share('warm'):.1f}", ">= 20", share("warm") >= 20),
        Row("  times the bare scan", f"{typical['ratio']:.1f}", "<= 5", typical["ratio"] <= 5),
        Row("events that survive the masks", f"{left:.2%}", "<= 1 %", left <= 0.01),
    ]
