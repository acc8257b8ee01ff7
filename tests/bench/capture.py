"""The daemon under load, against the recorded figures of live Falco: ``python -m tests.bench.capture``.

The daemon has one core and the load the other. Falco was measured once with its modern eBPF driver
and the same rules, on a machine of the kind that the docs name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from capture.probe.requirements import missing
from tests.bench.capture_accounting import Account, account, storms
from tests.bench.capture_cost import Cost, cost
from tests.bench.capture_rate import Run, highest, observed
from tests.bench.capture_run import Load, cores, ended, official_rules, running
from tests.bench.table import MIB, Row, print_table

_FALCO_RATE, _FALCO_PAIR_US, _FALCO_OTHER_NS = 530_000, 1.65, 78
_RATE_AIM, _EVENT_AIM_US, _OTHER_AIM_NS, _MEMORY_AIM, _LATENCY_AIM = 150_000, 0.8, 80, 300, 1.0
_PATIENCE = 120.0
"""Seconds to wait for a moment in which nobody else watches system calls."""

_ALERTS = 23
"""Alerts a second while their latency is measured."""


def main(arguments: Sequence[str]) -> int:
    """Print the table; 2 where the machine or the rules do not allow it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load (10)")
    parser.add_argument("--runs", type=int, default=3, help="how many runs medians are of (3)")
    parser.add_argument("--rounds", type=int, default=15, help="with and without hooks (15)")
    given = parser.parse_args(arguments)
    rules = official_rules()
    problem = missing() or _problem(rules)
    if rules is None or problem is not None:
        print(problem, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="falcolab-bench-") as scratch:
        return _measure(Path(scratch), rules, given.seconds, given.runs, given.rounds)


def _problem(rules: Sequence[Path] | None) -> str | None:
    if rules is None:
        return "needs the three rules files of system calls in $FALCOLAB_OFFICIAL_RULES"
    return None if cores() > 1 else "needs two cores, one for the daemon and one for the load"


def _measure(folder: Path, rules: Sequence[Path], seconds: float, runs: int, rounds: int) -> int:
    load = Load.compiled(folder)
    with running(folder / "cost", rules) as daemon:
        costs = cost(daemon, load, rounds, _PATIENCE)
    with running(folder / "rate", rules) as daemon:
        idle = daemon.ask("state")["rss"]
        best = [highest(daemon, load, _RATE_AIM, seconds) for _ in range(runs)]
        at_aim = [observed(daemon, load, "open", _RATE_AIM, seconds) for _ in range(runs)]
        churn = observed(daemon, load, "churn", _CHURN, seconds)
    ages = _ages(folder / "latency", load, rules, seconds)
    rows = [
        *_rate_rows(best, at_aim),
        *_cost_rows(costs),
        *_memory_rows(idle, at_aim, churn),
        *_age_rows(ages),
    ]
    print_table(f"capture: official rules, {seconds:g} s each, medians of {runs} runs", rows)
    accounts = []
    for number, storm in enumerate(storms(seconds)):
        accounts.append(account(storm, load, folder / f"storm-{number}", rules))
    print()
    print_table("capture: events of storms", [row for each in accounts for row in _account_rows(each)])
    return 0


_CHURN = 200
"""Programs a second, each with a file of its own."""


def _rate_rows(best: Sequence[Run], at_aim: Sequence[Run]) -> list[Row]:
    rate, is_all = median(run.rate for run in best), any(run.is_all for run in best)
    cpu, lost = median(run.cpu for run in at_aim), sum(run.lost for run in at_aim)
    return [
        Row(
            "recorded events/s without loss, one core",
            f"{rate:,.0f}",
            f"{_RATE_AIM:,}",
            True if rate >= _RATE_AIM else None if is_all else False,
        ),
        Row("  more than the load can make", "yes" if is_all else "no"),
        Row("  times live Falco", f"{rate / _FALCO_RATE:.2f}"),
        Row(f"CPU seconds for a million events, at {_RATE_AIM:,}/s", f"{cpu:.2f}"),
        Row("  times live Falco, which needs all of its core", f"{cpu * _FALCO_RATE / 1e6:.2f}"),
        Row("  share of the core", f"{median(run.busy for run in at_aim):.0%}"),
        Row("  events lost", f"{lost:,}", "0", lost == 0),
    ]


def _cost_rows(costs: Cost) -> list[Row]:
    return [
        Row(
            "a recorded event, µs", f"{costs.event:.2f}", f"<= {_EVENT_AIM_US}", costs.event <= _EVENT_AIM_US
        ),
        Row("  an open and a close without hooks, µs", f"{costs.bare_pair:.2f}"),
        Row("  what is added to both, times Falco", f"{costs.pair / _FALCO_PAIR_US:.2f}"),
        Row("another call, ns", f"{costs.other:.0f}", f"<= {_OTHER_AIM_NS}", costs.other <= _OTHER_AIM_NS),
        Row("  without hooks, ns", f"{costs.bare_other:.0f}"),
        Row("  what is added, times Falco", f"{costs.other / _FALCO_OTHER_NS:.2f}"),
        Row("  rounds in which nobody else had hooks", str(costs.alone)),
        Row("  events lost meanwhile", f"{costs.lost:,}", "0", costs.lost == 0),
    ]


def _memory_rows(idle: int, at_aim: Sequence[Run], churn: Run) -> list[Row]:
    return [
        Row("resident memory at the start, MiB", f"{idle / MIB:.0f}"),
        _memory(f"  at most, at {_RATE_AIM:,}/s", max(run.peak for run in at_aim)),
        _memory(f"  at most, with {_CHURN} programs/s", churn.peak),
    ]


def _memory(name: str, size: int) -> Row:
    return Row(name, f"{size / MIB:.0f}", f"< {_MEMORY_AIM}", size < _MEMORY_AIM * MIB)


def _ages(folder: Path, load: Load, rules: Sequence[Path], seconds: float) -> dict[str, list[float]]:
    """How old alerts are when they come out, under several loads."""
    found = {}
    with running(folder, rules) as daemon:
        for name, arguments in _LOADS.items():
            daemon.drained()
            daemon.ask("ages")
            process = load.start(*arguments, seconds)
            load.run("alert", _ALERTS, seconds)
            ended(process)
            daemon.drained()
            daemon.ask("judged")
            found[name] = daemon.ask("ages")["ages"]
    return found


_LOADS: dict[str, tuple[str, int]] = {
    "150,000 events/s": ("open", _RATE_AIM),
    f"{_CHURN} programs/s": ("churn", _CHURN),
    "a storm of forks": ("fork", 0),
}


def _age_rows(ages: dict[str, list[float]]) -> list[Row]:
    rows = []
    for name, mine in ages.items():
        last = quantiles(mine, n=100)[98]
        rows += [
            Row(f"alert latency under {name}, median, s", f"{median(mine):.2f}"),
            Row("  p99", f"{last:.2f}", f"< {_LATENCY_AIM:g}", last < _LATENCY_AIM),
        ]
    return rows


def _account_rows(found: Account) -> list[Row]:
    missed = max(found.missed.values(), default=0)
    wrong = len(found.unlike)
    return [
        Row(f"{found.name}: recorded", f"{found.recorded:,}"),
        Row("  lost", f"{found.lost:,}"),
        Row("  types with other numbers in the lake", str(wrong), "0", wrong == 0),
        Row("  the load's own calls without an event", str(missed), "<= 0", missed <= 0),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
