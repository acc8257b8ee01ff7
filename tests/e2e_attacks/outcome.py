"""What became of the attacks: alerts that came live, alerts of the replay, and which attack each is of."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e_attacks.catalogue import Attack
from tests.e2e_attacks.daemon import PROGRAM

Alert = dict[str, Any]
_MARK = re.compile(r"\| attack=(\S+) end")


@dataclass(frozen=True)
class Try:
    """What happened when an attack was to be performed.

    Attributes:
        container: where it was performed; ``host`` if in none.
        missing: what the machine lacks, so that it was not.
        problem: what went wrong.
    """

    container: str = ""
    missing: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """All of it.

    Attributes:
        live: the alerts that the daemon sent.
        replayed: those that a replay of its lake gives.
        tries: by the attack's id.
        metrics: of the daemon, at its end.
    """

    live: Sequence[Alert]
    replayed: Sequence[Alert]
    tries: Mapping[str, Try]
    metrics: Mapping[str, float]

    def of(self, attack: Attack) -> tuple[list[Alert], list[Alert]]:
        """The alerts of an attack, live and replayed."""
        return _of(self.live, attack.id), _of(self.replayed, attack.id)

    def quick(self) -> float:
        """The share of alerts that were sent within a second of the event."""
        name = "falcolab_alert_latency_seconds"
        return self.metrics[f'{name}_bucket{{le="1.0"}}'] / self.metrics[f"{name}_count"]

    def table(self, attacks: Sequence[Attack]) -> Iterator[str]:
        """A line for each attack: what it should raise, and what it did."""
        yield f"{'attack':26} {'live':>4} {'replay':>6}  rules (+ expected, - missing, and others)"
        for attack in attacks:
            live, replayed = self.of(attack)
            tried = self.tries[attack.id]
            told = tried.problem or (tried.missing and f"needs {tried.missing}") or _told(attack, live)
            yield f"{attack.id:26} {len(live):4} {len(replayed):6}  {told}"
        yield self._totals()

    def _totals(self) -> str:
        events, lost = (self.metrics[f"falcosecurity_scap_n_{name}_total"] for name in ("evts", "drops"))
        return (
            f"{len(self.live):,} alerts of the whole machine, {self.quick():.1%} of them within a second;"
            f" {events:,.0f} events, {lost:,.0f} lost"
        )


def _of(alerts: Sequence[Alert], name: str) -> list[Alert]:
    return [alert for alert in alerts if (mark := _MARK.search(alert["output"])) and mark[1] == name]


def _told(attack: Attack, live: Sequence[Alert]) -> str:
    raised = Counter(alert["rule"] for alert in live)
    signs = {rule: "+" if rule in attack.rules else " " for rule in raised}
    signs |= dict.fromkeys(attack.rules - raised.keys(), "-")
    order = sorted(signs, key=lambda rule: (signs[rule] == " ", rule))
    return ", ".join(f"{signs[rule]}{rule}".strip() for rule in order)


def replay(lake: Path, rules: Sequence[Path]) -> list[Alert]:
    """The alerts that the program says the lake holds, with outputs as the daemon's."""
    command: list[str | Path] = [PROGRAM, "replay", lake, "--json", "--matching", "all"]
    command += ["--append-suggested", *(part for rule in rules for part in ("-r", rule))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_order(alerts: Sequence[Alert]) -> list[str]:
    """Alerts as text; both sources together, which the daemon judges one after the other."""
    return sorted(json.dumps(alert, sort_keys=True) for alert in alerts)
