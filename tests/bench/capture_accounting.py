"""Under storms of calls every event is in the lake or counted as lost."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from falcolab import Lake
from tests.bench.capture_run import DAEMON_CORE, LOAD_CORE, Load, ended, pinned, running

Own = Mapping[str, float]
"""How many calls of some types a load has made itself."""


@dataclass(frozen=True, slots=True)
class Storm:
    """A load that is more than a daemon can take.

    Attributes:
        name: what it is.
        run: makes it, and tells how many calls of which types it made.
        types: those that are compared.
    """

    name: str
    run: Callable[[Load], Own]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the events of a storm.

    Attributes:
        name: of the storm.
        recorded, lost: by the kernel's counters.
        unlike: types of which the lake says another thing than the kernel -> recorded and lost, in the
            lake and by the kernel.
        missed: calls that the storm made less its events, recorded or lost, by type; below zero where
            others lost some.
    """

    name: str
    recorded: int
    lost: int
    unlike: dict[str, tuple[tuple[int, int], Sequence[int]]]
    missed: dict[str, int]

    @property
    def is_exact(self) -> bool:
        """Whether every event is accounted for."""
        return not self.unlike and not any(self.missed.values())


def _find(_load: Load) -> Own:
    with pinned(["find", "/"], LOAD_CORE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        process.wait()
    return {}


def storms(seconds: float) -> list[Storm]:
    """The storms, each of about so many seconds."""
    return [
        Storm("open and close", lambda load: load.run("open", 0, seconds), ("open",)),
        Storm("open and close from both cores", lambda load: _on_both_cores(load, seconds), ("open",)),
        Storm("forks", lambda load: load.run("fork", 0, seconds), ("fork",)),
        Storm("programs", lambda load: load.run("exec", 0, seconds), ("execve", "fork")),
        Storm("folders", lambda load: load.run("walk", "/"), ("open",)),
        Storm("find /", _find, ()),
    ]


def _on_both_cores(load: Load, seconds: float) -> Own:
    beside = load.start("open", 0, seconds, core=DAEMON_CORE)
    own = load.run("open", 0, seconds)
    theirs = ended(beside)
    return {name: own[name] + theirs[name] for name in own}


def account(storm: Storm, load: Load, folder: Path, rules: Sequence[Path]) -> Account:
    """Let a daemon of its own stand a storm."""
    with running(folder, rules) as daemon:
        own = storm.run(load)
        daemon.ask("detach")
        daemon.drained()
        counts = daemon.ask("counts")
    rows, lost = rows_by_type(daemon.lake), lost_by_type(daemon.lake)
    found = {name: (rows[name], lost[name]) for name in counts}
    unlike = {name: (found[name], each) for name, each in counts.items() if found[name] != tuple(each)}
    made = {name: int(own[name]) * _EVENTS_OF.get(name, 1) for name in storm.types}
    others = rows_by_type(daemon.lake, "\"proc.name\" <> 'capture_load'")
    missed = {name: number - (rows[name] - others[name] + lost[name]) for name, number in made.items()}
    recorded, gone = (sum(each) for each in zip(*counts.values(), strict=True))
    return Account(storm.name, recorded, gone, unlike, missed)


_EVENTS_OF = {"fork": 2}
"""A call whose end is seen in two processes is two events."""


def rows_by_type(lake: Path, condition: str = "true") -> Counter[str]:
    """How many events of each type a lake has for which a condition in SQL holds."""
    statement = f'SELECT "evt.type", count(*) FROM events WHERE {condition} GROUP BY 1'
    with Lake(lake).connect() as connection:
        found = connection.execute(statement).fetchall()
    return Counter(dict(found))


def lost_by_type(lake: Path) -> Counter[str]:
    """How many events of each type a lake says were lost."""
    found: Counter[str] = Counter()
    for capture in Lake(lake).captures:
        for types in capture.lost.values():
            found.update(types)
    return found
