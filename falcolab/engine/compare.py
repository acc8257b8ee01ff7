"""Two rulesets on the same events: what is kept, lost, gained, and what another rule took over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from falcolab.engine.alerts import Alert
from falcolab.engine.part import PartData
from falcolab.engine.replay import PartMatches, RuleMatcher, alerts_of
from falcolab.rules.ruleset import Rule

Fired = frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class RuleComparison:
    """One rule under both rulesets, in numbers of alerts.

    Attributes:
        rule: its name.
        baseline: under the baseline.
        candidate: under the candidate.
        kept: on the same events under both.
        lost: only under the baseline, with no other rule newly firing on the event.
        gained: only under the candidate, on events where no rule stopped firing.
        moved: lost here, but another rule newly fires on the event: rule -> how often.
    """

    rule: str
    baseline: int = 0
    candidate: int = 0
    kept: int = 0
    lost: int = 0
    gained: int = 0
    moved: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Comparison:
    """What changes from a baseline to a candidate.

    Attributes:
        events: how many events were judged.
        rules: every rule that fired under either, those that lost alerts first.
        lost: the alerts that only the baseline raises, in event order.
        gained: the alerts that only the candidate raises, in event order.
    """

    events: int
    rules: list[RuleComparison]
    lost: list[Alert]
    gained: list[Alert]


@dataclass(slots=True)
class _Tally:
    baseline: Counter[str] = field(default_factory=Counter)
    candidate: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    moved: dict[str, Counter[str]] = field(default_factory=dict)

    def rows(self) -> list[RuleComparison]:
        names = {*self.baseline, *self.candidate}
        rows = [
            RuleComparison(
                name,
                self.baseline[name],
                self.candidate[name],
                self.kept[name],
                self.lost[name],
                self.gained[name],
                dict(self.moved.get(name, {})),
            )
            for name in names
        ]
        return sorted(rows, key=lambda row: (-row.lost, -sum(row.moved.values()), -row.gained, row.rule))


def compare(
    parts: Iterable[PartData], baseline: Sequence[Rule], candidate: Sequence[Rule], *, first: bool = False
) -> Comparison:
    """Compare two sequences of rules on the events of some parts.

    Args:
        parts: of a lake.
        baseline: the rules as they are.
        candidate: the rules as they might be.
        first: whether only the first rule that matches an event fires.
    """
    tally, events = _Tally(), 0
    lost: list[Alert] = []
    gained: list[Alert] = []
    old, new = RuleMatcher(baseline, first=first), RuleMatcher(candidate, first=first)
    for part in parts:
        events += part.events.rows
        before, after = old.match(part), new.match(part)
        fired_before, fired_after = _fired(before, baseline), _fired(after, candidate)
        _count(tally, fired_before, fired_after)
        lost += _only(before, baseline, fired_after)
        gained += _only(after, candidate, fired_before)
    return Comparison(events, tally.rows(), lost, gained)


def _fired(matches: PartMatches, rules: Sequence[Rule]) -> Fired:
    return frozenset(
        (int(row), rules[int(rule)].name) for row, rule in zip(matches.rows, matches.rules, strict=True)
    )


def _only(matches: PartMatches, rules: Sequence[Rule], others: Fired) -> list[Alert]:
    keep = [
        (int(row), rules[int(rule)].name) not in others
        for row, rule in zip(matches.rows, matches.rules, strict=True)
    ]
    picked = PartMatches(matches.part, matches.rows[keep], matches.rules[keep])
    return list(alerts_of(picked, rules))


def _count(tally: _Tally, before: Fired, after: Fired) -> None:
    tally.baseline.update(name for _, name in before)
    tally.candidate.update(name for _, name in after)
    tally.kept.update(name for _, name in before & after)
    appeared, taken_over = _by_row(after - before), set()
    for row, name in before - after:
        others = appeared.get(row)
        if others:
            tally.moved.setdefault(name, Counter())[min(others)] += 1
            taken_over.add(row)
        else:
            tally.lost[name] += 1
    tally.gained.update(name for row, name in after - before if row not in taken_over)


def _by_row(fired: Fired) -> dict[int, set[str]]:
    out: dict[int, set[str]] = {}
    for row, name in fired:
        out.setdefault(row, set()).add(name)
    return out
