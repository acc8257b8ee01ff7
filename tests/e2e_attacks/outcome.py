"""What became of the attacks: alerts that came live, alerts of the replay, and which attack each is of."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e_attacks.catalogue import Attack
from tests.e2e_attacks.daemon import PROGRAM

Alert = dict[str, Any]
_MARK = re.compile(r"\| attack=(\S+) end")


@dataclass(frozen=True)
class Outcome:
    """All of it.

    Attributes:
        live: the alerts that the daemon sent.
        replayed: those that a replay of its lake gives.
        skipped: why an attack was not performed, by id.
        failed: what went wrong with one that was.
        metrics: of the daemon, at its end.
    """

    live: Sequence[Alert]
    replayed: Sequence[Alert]
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    def of(self, attack: Attack) -> tuple[list[Alert], list[Alert]]:
        """The alerts of an attack, live and replayed."""
        return _of(self.live, attack.id), _of(self.replayed, attack.id)

    def table(self, attacks: Sequence[Attack]) -> Iterator[str]:
        """A line for each attack: what it should raise, and what it did."""
        yield f"{'attack':26} {'live':>4} {'replay':>6}  rules (+ expected, - missing, and others)"
        for attack in attacks:
            live, replayed = self.of(attack)
            told = self.skipped.get(attack.id) or self.failed.get(attack.id) or _told(attack, live)
            yield f"{attack.id:26} {len(live):4} {len(replayed):6}  {told}"


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
