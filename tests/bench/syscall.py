"""Captures of system calls: reading, state, ingest, and replay of the official rules.

Ingest is measured on the workload among Falco's recorded verdicts, replay on a large lake made of
it and of two smaller recordings; where these are missing, the capture that is bundled stands for
them. Falco's own speed on the workload was recorded once, on a machine of the kind that the docs
name: 0.65 million events per second of one core with the same rules.
"""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from falcolab import native
from falcolab.api.lake import Lake
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from tests import shared_data
from tests.bench.audit import Size
from tests.bench.large_lake import LargeLake, ingest_path, large_lake
from tests.bench.process import Measured, measured
from tests.bench.syscall_replay import FALCO, Samples, replay_once, replay_rows, survivors_of
from tests.bench.table import MIB, Row, at_most, print_table, share

OFFICIAL = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
RECORDINGS = ("live__workload", "sysflow__nginx__nginx", "sysflow__namespaces__setns")
"""What is multiplied; the first is measured alone, too."""

_LARGE = 1_000_000
"""With fewer events there is no time to ingest the workload more than once."""


def main(size: Size) -> int:
    """Print the table; 2 where the rules are missing."""
    folder = shared_data.official_rules()
    if folder is None or not all((folder / name).is_file() for name in OFFICIAL):
        print("needs the three rules files of system calls in $FALCOLAB_OFFICIAL_RULES", file=sys.stderr)
        return 2
    rules = [folder / name for name in OFFICIAL]
    with tempfile.TemporaryDirectory(prefix="falcolab-bench-") as scratch:
        return _measure(size, _captures(), rules, Path(scratch))


def _captures() -> list[Path]:
    data = shared_data.shared()
    if data is None:
        return [shared_data.ROOT / "datasets/host-scenario/capture.scap"]
    return [data / "conformance/captures/scap" / f"{name}.scap" for name in RECORDINGS]


def _measure(size: Size, captures: list[Path], rules: list[Path], scratch: Path) -> int:
    capture = captures[0]
    read, state = measured(_read, capture), measured(_state, capture)
    found = [
        (
            measured(_ingest, scratch / f"lake-{run}", capture),
            measured(_ingest_pure, scratch / f"pure-{run}", capture),
        )
        for run in range(1 if size.events < _LARGE else 3)
    ]
    events = sum(each.events for each in Lake(scratch / "lake-0").captures)
    rows = _ingest_rows(read, state, found, capture, events)
    left = survivors_of(scratch / "lake-0", rules)
    rows.append(share("events of the workload that survive the masks", left, 0.01))
    print_table(f"syscall: {capture.stem}, ingested {len(found)} times", rows)
    large = large_lake(captures, size.events)
    lake = Lake(large.folder)
    events = sum(each.events for each in lake.captures)
    peaks = {
        way: measured(partial(replay_once, cold=way == "cold"), large.folder, rules).peak
        for way in ("cold", "warm")
    }
    samples = Samples(lake, rules, size.runs)
    rows = [*_large_rows(large, lake, events), *replay_rows(samples, events, peaks)]
    rows.append(share("events that survive the masks", samples.survivors / events, 0.01))
    what = f"{samples.matches:,} matches of 93 rules on {events:,} events, {size.runs} runs"
    print()
    print_table(f"syscall: {what}", rows)
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


def _ingest_pure(lake: Path, capture: Path) -> int:
    os.environ[native.PURE_VARIABLE] = "1"
    return _ingest(lake, capture)


def _raw_size(capture: Path) -> int:
    content = capture.read_bytes()
    return len(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)


def _ingest_rows(
    read: Measured,
    state: Measured,
    found: list[tuple[Measured, Measured]],
    capture: Path,
    events: int,
) -> list[Row]:
    """What was measured; of each ingest, as it is and in pure Python."""
    rate = events / median(fast.cpu for fast, _ in found)
    gain = median(slow.cpu / fast.cpu for fast, slow in found)
    return [
        Row("read the capture, events per second and core", f"{events / read.cpu:,.0f}"),
        Row("read and keep the state", f"{events / state.cpu:,.0f}"),
        Row(f"ingest ({ingest_path()})", f"{rate:,.0f}", ">= 325,000", rate >= FALCO / 2),
        Row("  share of Falco's recorded replay speed", f"{rate / FALCO:.3f}", ">= 0.5", rate >= FALCO / 2),
        Row("  times the pure path", f"{gain:.1f}"),
        Row("  peak memory, MiB", f"{max(fast.peak for fast, _ in found) / MIB:,.0f}"),
        Row("ingest (pure Python)", f"{events / median(slow.cpu for _, slow in found):,.0f}"),
        *_size_rows(found[0][0].result, events, _raw_size(capture)),
    ]


def _size_rows(size: int, events: int, raw: int) -> list[Row]:
    return [
        at_most("lake, bytes per event", size / events, 15),
        share("  share of the raw capture", size / raw, 0.2),
    ]


def _large_rows(large: LargeLake, lake: Lake, events: int) -> list[Row]:
    made = "now" if large.is_new else "earlier"
    return [
        Row(f"ingest ({large.path}), made {made}, events per second and core", f"{events / large.cpu:,.0f}"),
        Row("  seconds by the clock", f"{large.seconds:,.0f}"),
        Row("  peak memory, MiB", f"{large.peak / MIB:,.0f}"),
        *_size_rows(sum(each.bytes for each in lake.captures), events, large.raw),
    ]
