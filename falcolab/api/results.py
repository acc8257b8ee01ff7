"""The results of asking a lake: as frames, Arrow tables, text and HTML."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from falcolab.engine.alerts import Alert
from falcolab.engine.compare import Comparison, RuleComparison
from falcolab.engine.part import PartData
from falcolab.engine.replay import PartMatches, alerts_of, event_ids, match_rules
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL
from falcolab.lang.strings import printable
from falcolab.rules.ruleset import Rule

_SHOWN = 20


class _Tabular(ABC):
    """A result that is a table of rows."""

    columns: tuple[str, ...] = ()

    @abstractmethod
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows, in the order of ``columns``."""

    def arrow(self) -> pa.Table:
        """The result as an Arrow table."""
        columns = list(zip(*self.rows(), strict=True)) or [()] * len(self.columns)
        return pa.table({name: list(column) for name, column in zip(self.columns, columns, strict=True)})

    def df(self) -> pd.DataFrame:
        """The result as a pandas frame."""
        return pd.DataFrame(list(self.rows()), columns=list(self.columns))

    @abstractmethod
    def title(self) -> str:
        """What the result is, in a line."""

    def __repr__(self) -> str:
        return f"<{self.title()}>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        bundle = {"text/plain": repr(self), "text/html": self._html()}
        wanted = set(bundle) if include is None else set(include)
        return {kind: text for kind, text in bundle.items() if kind in wanted - set(exclude or ())}

    def _html(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body, more = [], 0
        for number, row in enumerate(self.rows()):
            if number < _SHOWN:
                cells = (f"<td>{html.escape(printable(str(cell)))}</td>" for cell in row)
                body.append(f"<tr>{''.join(cells)}</tr>")
            else:
                more += 1
        rest = f"<p>and {more:,} more</p>" if more else ""
        title = html.escape(self.title())
        return (
            f"<p>{title}</p><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{rest}"
        )


@dataclass(frozen=True, slots=True)
class EventKey:
    """What tells the events of a source apart in the place where they come from.

    Attributes:
        columns: their names in frames, after the event's id and its time.
        stored: the columns of the lake behind them.
        as_json: the key as ``match --json`` prints it, from the time and the columns.
    """

    columns: tuple[str, ...]
    stored: tuple[str, ...]
    as_json: Callable[..., dict[str, Any]]


def _text(value: str | None) -> str | None:
    return None if value is None else printable(value)


EVENT_KEYS = {
    K8S_AUDIT: EventKey(
        ("ka.auditid", "stage"),
        ("ka.auditid", "ka.stage"),
        lambda _time, audit_id, stage: {"ka.auditid": _text(audit_id), "stage": _text(stage)},
    ),
    SYSCALL: EventKey(
        ("thread.tid", "evt.type"),
        ("tid", "evt.type"),
        lambda time, tid, name: {"evt.time": time, "thread.tid": tid, "evt.type": name},
    ),
}


class MatchResult(_Tabular):
    """The events for which a condition holds.

    Args:
        condition: its text.
        source: of the events.
        matches: what matched, part by part, for a plan that has the condition among others.
        index: the condition's position in the plan.
    """

    def __init__(self, condition: str, source: str, matches: Sequence[PartMatches], index: int = 0) -> None:
        self.condition = condition
        self.key = EVENT_KEYS[source]
        self.columns = ("event_id", "time", *self.key.columns)
        self._rows = [(found.part, found.rows[found.rules == index]) for found in matches]

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self._rows)

    def title(self) -> str:
        """The condition, and how many events it holds for."""
        return f"{len(self):,} events match {self.condition}"

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Id, time (ns) and key of each event."""
        for part, rows in self._rows:
            columns = [part.raw(name, rows).to_pylist() for name in ("time", *self.key.stored)]
            ids = event_ids(part, rows)
            part.release()
            yield from zip(ids, *columns, strict=True)

    def keys(self) -> Iterator[dict[str, Any]]:
        """What tells one event from another in the place where they come from."""
        return (self.key.as_json(*values) for _, *values in self.rows())


class ReplayResult(_Tabular):
    """The alerts that rules raise on a lake, computed as they are asked for, once.

    Attributes:
        rules: the rules that took part, in order.
    """

    columns = ("event_id", "time", "rule", "priority", "message", "fields", "tags")

    def __init__(self, rules: Sequence[Rule], parts: Iterable[PartData], *, first: bool) -> None:
        self.rules = tuple(rules)
        self._parts = list(parts)
        self._first = first
        self._matches: list[PartMatches] | None = None

    @property
    def matches(self) -> list[PartMatches]:
        """What matched, part by part."""
        if self._matches is None:
            self._matches = list(match_rules(self._parts, self.rules, first=self._first))
        return self._matches

    @property
    def events(self) -> int:
        """How many events were judged."""
        return sum(part.events.rows for part in self._parts)

    def __len__(self) -> int:
        return sum(len(matches.rows) for matches in self.matches)

    def __iter__(self) -> Iterator[Alert]:
        """The alerts, in event order."""
        for matches in self.matches:
            yield from alerts_of(matches, self.rules)

    def counts(self) -> dict[str, int]:
        """How many alerts each rule raised, most first."""
        counter: Counter[str] = Counter()
        for matches in self.matches:
            counter.update(self.rules[int(rule)].name for rule in matches.rules)
        return dict(counter.most_common())

    def title(self) -> str:
        """How many alerts on how many events."""
        return f"{len(self):,} alerts on {self.events:,} events from {len(self.rules)} rules"

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """One row per alert."""
        for alert in self:
            rule = alert.rule
            yield (
                alert.event_id,
                alert.time,
                rule.name,
                rule.priority.label,
                alert.message,
                {name: _cell(value) for name, value in alert.fields.items()},
                list(rule.tags),
            )


def _cell(value: Any) -> str | None:
    return None if value is None else str(value)


class ComparisonResult(_Tabular):
    """What changes from a baseline to a candidate, rule by rule, those that lost alerts first."""

    columns = ("rule", "baseline", "candidate", "kept", "lost", "gained", "moved")

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @property
    def lost(self) -> list[Alert]:
        """The alerts that only the baseline raises."""
        return self.comparison.lost

    @property
    def gained(self) -> list[Alert]:
        """The alerts that only the candidate raises."""
        return self.comparison.gained

    def totals(self) -> dict[str, int]:
        """The sums over all rules."""
        rows = self.comparison.rules
        names = ("baseline", "candidate", "kept", "lost", "gained")
        totals = {name: sum(getattr(row, name) for row in rows) for name in names}
        return totals | {"moved": sum(sum(row.moved.values()) for row in rows)}

    def title(self) -> str:
        """The totals in words."""
        t = self.totals()
        share = f" ({t['lost'] / t['baseline']:.0%})" if t["baseline"] else ""
        return (
            f"the candidate silences {t['lost']:,} of {t['baseline']:,} alerts{share}, keeps {t['kept']:,}, "
            f"adds {t['gained']:,}; {t['moved']:,} move to another rule"
        )

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """One row per rule that fired."""
        for row in self.comparison.rules:
            yield (
                row.rule,
                row.baseline,
                row.candidate,
                row.kept,
                row.lost,
                row.gained,
                moved_text(row),
            )


def moved_text(row: RuleComparison) -> str:
    """Where a rule's alerts went: ``12 to Other Rule``."""
    return ", ".join(f"{count} to {name}" for name, count in sorted(row.moved.items()))
