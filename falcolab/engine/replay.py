"""Replaying rules over a lake, and matching bare conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from falcolab.engine.alerts import Alert, Formatter
from falcolab.engine.binders import binder_of
from falcolab.engine.part import PartData
from falcolab.engine.planner import make_plan
from falcolab.engine.pools import Pools
from falcolab.engine.scan import PartScan
from falcolab.lake.layout import PART
from falcolab.lang.typed import TypedCondition
from falcolab.rules.ruleset import Rule

Indices = npt.NDArray[np.int64]


@dataclass(slots=True)
class PartMatches:
    """What matched in one part, in event order and, per event, in the order of the rules.

    Attributes:
        part: the part.
        rows: positions of events in the part.
        rules: for each of them the position of the rule.
        survivors: how many events the masks let through.
    """

    part: PartData
    rows: Indices
    rules: Indices
    survivors: int = 0


def match_parts(
    parts: Iterable[PartData], conditions: Sequence[TypedCondition], *, first: bool = False
) -> Iterator[PartMatches]:
    """The events for which conditions hold, part by part.

    Args:
        parts: of a lake.
        conditions: in the order that decides which wins under ``first``.
        first: only the first condition that holds counts for an event.
    """
    matchers: dict[str, _Matcher] = {}
    for part in parts:
        source = part.layout.source
        if source not in matchers:
            matchers[source] = _Matcher(source, conditions)
        yield matchers[source].match(part, first=first)


def match_rules(
    parts: Iterable[PartData], rules: Sequence[Rule], *, first: bool = False
) -> Iterator[PartMatches]:
    """The events for which rules hold, part by part; each rule is tried on the events of its source.

    Args:
        parts: of a lake.
        rules: in the order that decides which wins under ``first``.
        first: only the first rule that holds counts for an event.
    """
    matcher = RuleMatcher(rules, first=first)
    return (matcher.match(part) for part in parts)


class RuleMatcher:
    """Tries rules on the events of their source, in one part after the other.

    Args:
        rules: in the order that decides which wins under ``first``.
        first: only the first rule that holds counts for an event.
    """

    def __init__(self, rules: Sequence[Rule], *, first: bool = False) -> None:
        self._rules, self._first = rules, first
        self._matchers: dict[str, tuple[_Matcher, Indices]] = {}

    def match(self, part: PartData) -> PartMatches:
        """What matches in a part."""
        source = part.layout.source
        if source not in self._matchers:
            mine = [index for index, rule in enumerate(self._rules) if rule.source == source]
            matcher = _Matcher(source, [self._rules[index].typed for index in mine])
            self._matchers[source] = matcher, np.array(mine, np.int64)
        matcher, positions = self._matchers[source]
        found = matcher.match(part, first=self._first)
        return replace(found, rules=positions[found.rules])


class _Matcher:
    """Matches conditions on the parts of one event source, and remembers what it learns on the way."""

    def __init__(self, source: str, conditions: Sequence[TypedCondition]) -> None:
        self._plan = make_plan(conditions, source)
        self._pools = Pools(binder_of(source))

    def match(self, part: PartData, *, first: bool) -> PartMatches:
        """What matches in a part."""
        scan = PartScan(part, self._plan, self._pools)
        rows, rules = scan.run()
        part.release()
        if first and len(rows):
            keep = np.concatenate(([True], rows[1:] != rows[:-1]))
            rows, rules = rows[keep], rules[keep]
        return PartMatches(part, rows, rules, scan.survivors)


def alerts_of(matches: PartMatches, rules: Sequence[Rule]) -> Iterator[Alert]:
    """The alerts for what matched in a part, in order."""
    made: dict[int, Iterator[Alert]] = {}
    for position in np.unique(matches.rules):
        rows = matches.rows[matches.rules == position]
        made[int(position)] = _alerts_of_rule(matches.part, rows, rules[int(position)])
    try:
        for position in matches.rules:
            yield next(made[int(position)])
    finally:
        matches.part.release()


def _alerts_of_rule(part: PartData, rows: Indices, rule: Rule) -> Iterator[Alert]:
    formatter = Formatter(rule.output, rule.source)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        columns = [part.listed(value, batch) for value in formatter.values]
        ids = event_ids(part, batch)
        for event_id, *row in zip(ids, *columns, strict=True):
            message, fields = formatter.fill(row)
            yield Alert(event_id, row[0], rule, message, fields)


_BATCH = 8_192


def event_ids(part: PartData, rows: Indices) -> list[str]:
    """The ids of some events as people see them: the part they were written in first, and number."""
    columns = part.events.stored([PART, "num"])
    return [
        f"{part}-{number}" for part, number in zip(*(each.to_numpy()[rows] for each in columns), strict=True)
    ]
