"""Replaying rules over a lake, and matching bare conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from falcolab.engine.alerts import Alert, Formatter
from falcolab.engine.part import PartData
from falcolab.engine.plan import Plan, make_plan
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
    plans: dict[str, Plan] = {}
    for part in parts:
        source = part.capture.source
        if source not in plans:
            plans[source] = make_plan(conditions, source)
        yield _match_part(part, plans[source], first=first)


def match_rules(
    parts: Iterable[PartData], rules: Sequence[Rule], *, first: bool = False
) -> Iterator[PartMatches]:
    """The events for which rules hold, part by part; each rule is tried on the events of its source.

    Args:
        parts: of a lake.
        rules: in the order that decides which wins under ``first``.
        first: only the first rule that holds counts for an event.
    """
    plans: dict[str, tuple[Plan, Indices]] = {}
    for part in parts:
        source = part.capture.source
        if source not in plans:
            mine = [index for index, rule in enumerate(rules) if rule.source == source]
            plan = make_plan([rules[index].typed for index in mine], source)
            plans[source] = plan, np.array(mine, np.int64)
        plan, positions = plans[source]
        found = _match_part(part, plan, first=first)
        yield replace(found, rules=positions[found.rules])


def _match_part(part: PartData, plan: Plan, *, first: bool) -> PartMatches:
    scan = PartScan(part, plan)
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
