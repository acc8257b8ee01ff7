"""What the probe costs the programs that it watches, with the daemon attached and not, in turns."""

from __future__ import annotations

import os
import time
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
        alone: how many rounds nobody else had hooks in.
    """

    event: float
    pair: float
    other: float
    bare_pair: float
    bare_other: float
    lost: int
    alone: int


def cost(daemon: DaemonProcess, load: Load, rounds: int, patience: float) -> Cost:
    """Medians of the differences between neighbouring rounds with and without hooks.

    Args:
        daemon: whose hooks come and go.
        load: makes the calls.
        rounds: how many.
        patience: seconds to wait for others' hooks to go, which would be taken for none.
    """
    before, until = daemon.ask("state")["lost"], time.monotonic() + patience
    found: list[_Round] = []
    while len(found) < rounds:
        made = _round(daemon, load)
        if made.is_alone or time.monotonic() > until:
            found.append(made)
    bare_pair, bare_other = _median(found, "pair_ns"), _median(found, "other_ns")
    pair, other = _median(found, "pair_ns", added=True) / 1000, _median(found, "other_ns", added=True)
    lost, alone = daemon.ask("state")["lost"] - before, sum(each.is_alone for each in found)
    return Cost(pair / 2, pair, other, bare_pair / 1000, bare_other, lost, alone)


@dataclass(frozen=True, slots=True)
class _Round:
    """What calls took, first without hooks and then with them; and whether nobody else had some."""

    bare: Mapping[str, float]
    hooked: Mapping[str, float]
    is_alone: bool


def _round(daemon: DaemonProcess, load: Load) -> _Round:
    is_alone = not watched_by_others(daemon.pid)
    daemon.ask("detach")
    bare = load.run("cost", _PAIRS)
    daemon.ask("attach")
    hooked = load.run("cost", _PAIRS)
    daemon.drained()
    return _Round(bare, hooked, is_alone and not watched_by_others(daemon.pid))


def _median(rounds: Sequence[_Round], name: str, *, added: bool = False) -> float:
    return median(each.hooked[name] - each.bare[name] if added else each.bare[name] for each in rounds)


def watched_by_others(but: int) -> bool:
    """Whether other processes than one have hooks on system calls."""
    folders = (each for each in Path("/proc").glob("[0-9]*/fd") if each.parent.name != str(but))
    return any(map(_has_hooks, folders))


def _has_hooks(folder: Path) -> bool:
    try:
        return any(os.readlink(each) == "anon_inode:[perf_event]" for each in folder.iterdir())
    except OSError:  # it has ended
        return False
