"""What the probe costs the programs that it watches, with the daemon attached and not, in turns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.capture_run import DaemonProcess, Load

_PAIRS = 100_000
"""So few fit into the ring: what is lost would cost less than what is recorded."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time that is added to calls.

    Attributes:
        event: µs for one that is recorded.
        pair: µs for an open and a close.
        other: ns for a call that is not recorded.
        bare_pair, bare_other: what they cost without hooks, in µs and ns.
        lost: events that were lost meanwhile, which must be none for the figures to count.
    """

    event: float
    pair: float
    other: float
    bare_pair: float
    bare_other: float
    lost: int


def cost(daemon: DaemonProcess, load: Load, rounds: int) -> Cost:
    """Medians of the differences between neighbouring rounds with and without hooks."""
    bare, added = [], []
    before = daemon.ask("state")["lost"]
    for _ in range(rounds):
        daemon.ask("detach")
        without = load.run("cost", _PAIRS)
        daemon.ask("attach")
        hooked = load.run("cost", _PAIRS)
        daemon.drained()
        bare.append(without)
        added.append({name: hooked[name] - without[name] for name in without})
    pair, other = _median(added, "pair_ns") / 1000, _median(added, "other_ns")
    lost = daemon.ask("state")["lost"] - before
    return Cost(pair / 2, pair, other, _median(bare, "pair_ns") / 1000, _median(bare, "other_ns"), lost)


def _median(rounds: Sequence[Mapping[str, float]], name: str) -> float:
    return median(each[name] for each in rounds)


def watched_by_others() -> int:
    """How many BPF programs other processes have loaded: their hooks would be taken for none."""
    return sum(_holds_programs(folder) for folder in Path("/proc").glob("[0-9]*/fd"))


def _holds_programs(folder: Path) -> int:
    try:
        return sum(os.readlink(each) == "anon_inode:bpf-prog" for each in folder.iterdir())
    except OSError:  # it has ended
        return 0
