"""A lake of captured events: ask it with conditions, rules or SQL."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from falcolab.api.results import ComparisonResult, MatchResult, ReplayResult
from falcolab.engine.compare import compare as compare_rules
from falcolab.engine.conditions import compile_text
from falcolab.engine.explain import Explanation, explain
from falcolab.engine.part import PartData, Period
from falcolab.engine.replay import match_parts
from falcolab.errors import InputError
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL
from falcolab.lake.capture_writer import Ingested, Progress
from falcolab.lake.ingest_audit import ingest_k8s_audit
from falcolab.lake.manifest import Capture, Part
from falcolab.lake.store import Store
from falcolab.lake.verify import Problem, verify
from falcolab.lake.view import connect
from falcolab.lang.errors import LanguageError
from falcolab.lang.typed import TypedCondition
from falcolab.rules.priority import Priority
from falcolab.rules.ruleset import Ruleset
from falcolab.rules.selection import Choice, select
from falcolab.rules.suggested import with_suggested


class Lake:
    """Captured events in a folder.

        lake = falcolab.Lake("lake")
        rules = falcolab.load_rules("my_rules.yaml")
        lake.replay(rules).df()                          # the alerts
        lake.match("ka.verb = delete").df()              # the events of a bare condition
        lake.sql('SELECT "ka.user.name", count(*) FROM events GROUP BY 1')

    Args:
        path: the lake's folder.

    Raises:
        InputError: there is no lake.
    """

    def __init__(self, path: str | Path) -> None:
        self.store = Store.open(path)

    @classmethod
    def ingest(cls, path: str | Path, file: str | Path, progress: Progress | None = None) -> Ingested:
        """Add a Kubernetes audit log to a lake, which is made if it does not exist.

        Raises:
            InputError: the file cannot be used; the lake is unchanged.
        """
        return ingest_k8s_audit(path, file, progress)

    @classmethod
    def ingest_scap(cls, path: str | Path, file: str | Path, progress: Progress | None = None) -> Ingested:
        """Add a capture file of Falco or sysdig to a lake, which is made if it does not exist.

        Raises:
            InputError: the file cannot be used; the lake is unchanged.
        """
        # It brings all syscall fields with it, which audit logs do not need.
        from falcolab.lake.ingest_scap import ingest_scap  # noqa: PLC0415

        return ingest_scap(path, file, progress)

    @property
    def captures(self) -> list[Capture]:
        """What has been ingested, in order."""
        return self.store.captures()

    @property
    def sources(self) -> tuple[str, ...]:
        """The event sources of its captures."""
        return tuple(dict.fromkeys(capture.source for capture in self.captures))

    def parts(
        self,
        source: str | None = None,
        *,
        since: int | None = None,
        until: int | None = None,
        cached: bool = True,
    ) -> Iterator[PartData]:
        """The data of the lake, part by part.

        Args:
            source: only those of one event source.
            since: only events from this time on, ns since 1970.
            until: only events before this time, ns since 1970.
            cached: whether the truth of rules over dimensions is kept on disk.
        """
        for capture in self.captures:
            if source not in (None, capture.source):
                continue
            for part in capture.parts:
                if _misses(part, since, until):
                    continue
                yield PartData(self.store, capture, part, Period(since, until), cached=cached)

    def match(self, condition: str, source: str | None = None) -> MatchResult:
        """The events for which a bare condition holds.

        Args:
            condition: in Falco's language.
            source: whose fields it uses; may be left out where the lake has events of one source only.

        Raises:
            InputError: the source is not clear.
            LanguageError: Falco would refuse the condition.
        """
        (found,) = self.match_many([condition], source)
        if isinstance(found, LanguageError):
            raise found
        return found

    def match_many(
        self, conditions: Sequence[str], source: str | None = None
    ) -> list[MatchResult | LanguageError]:
        """The events for which each of some bare conditions holds, decided in one pass.

        A condition that Falco would refuse has its error in the place of a result.
        """
        source = source or self._only_source()
        compiled = [_compiled(condition, source) for condition in conditions]
        valid = [typed for typed in compiled if not isinstance(typed, LanguageError)]
        matched = list(match_parts(self.parts(source, cached=False), valid)) if valid else []
        split = iter(range(len(valid)))
        return [
            typed
            if isinstance(typed, LanguageError)
            else MatchResult(condition, source, matched, next(split))
            for condition, typed in zip(conditions, compiled, strict=True)
        ]

    def _only_source(self) -> str:
        if len(self.sources) > 1:
            raise InputError(
                f"the lake has events of {' and '.join(self.sources)}: say which source is meant"
            )
        return self.sources[0] if self.sources else K8S_AUDIT

    def replay(
        self,
        rules: Ruleset,
        source: str | None = None,
        *,
        matching: str = "all",
        min_priority: Priority = Priority.DEBUG,
        choices: Sequence[Choice] = (),
        since: int | None = None,
        until: int | None = None,
        append_suggested: bool = False,
        metadata: str = "judged",
    ) -> ReplayResult:
        """The alerts that rules raise.

        Args:
            rules: what ``falcolab.load_rules`` gives.
            source: only events of that source; of all by default.
            matching: ``all`` rules that match fire, or the ``first`` only.
            min_priority: less severe rules stay off.
            choices: rules to switch on and off, in order.
            since: only events from this time on, ns since 1970.
            until: only events before this time, ns since 1970.
            append_suggested: whether outputs end with the fields of container and pod that Falco appends.
            metadata: ``judged`` is what was known of a container when an event was judged, as the verdict
                was then; ``final`` the last that is known of it, which is a what-if.
        """
        enabled = select(rules, choices, min_priority).enabled(source)
        if append_suggested:
            enabled = tuple(map(with_suggested, enabled))
        parts = self.parts(source, since=since, until=until)
        if metadata == "final":
            parts = self._with_final_metadata(parts)
        return ReplayResult(enabled, parts, first=matching == "first")

    def _with_final_metadata(self, parts: Iterator[PartData]) -> Iterator[PartData]:
        # It brings all fields of system calls with it, which audit logs do not need.
        from falcolab.engine.final_metadata import FinalMetadata  # noqa: PLC0415

        return FinalMetadata(self.parts(SYSCALL, cached=False)).parts(parts)

    def compare(
        self, baseline: Ruleset, candidate: Ruleset, source: str | None = None, *, matching: str = "all"
    ) -> ComparisonResult:
        """What changes from one ruleset to another on the events of this lake."""
        return ComparisonResult(
            compare_rules(
                self.parts(source),
                baseline.enabled(source),
                candidate.enabled(source),
                first=matching == "first",
            )
        )

    def explain(self, rules: Ruleset, rule: str, event: str) -> Explanation:
        """Why a rule fires on an event, or why not: every clause with its truth and its values.

        Args:
            rules: what ``falcolab.load_rules`` gives.
            rule: the rule's name.
            event: the event's id, as replay and match show it.

        Raises:
            InputError: there is no such rule or event.
        """
        ordinal, _, number = event.partition("-")
        if not (ordinal.isdecimal() and number.isdecimal()):
            raise InputError(f"{event}: no event id; replay and match show them, such as 1-42")
        if rule not in rules.items:
            near = difflib.get_close_matches(rule, rules.items, n=1)
            raise InputError(f"no rule '{rule}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        for capture in self.captures:
            for part in capture.parts:
                if int(ordinal) in part.prefixes:
                    data = PartData(self.store, capture, part, cached=False)
                    return explain(rules[rule], data, int(ordinal), int(number))
        raise InputError(f"no event {event} in the lake")

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to an SQL query over ``events``, whose columns are Falco's field names.

        Raises:
            duckdb.Error: the query is wrong.
        """
        with self.connect() as connection:
            return connection.execute(query, parameters).df()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with the view ``events`` and the dimensions."""
        return connect(self.store)

    def verify(self) -> list[Problem]:
        """Everything that is wrong with the lake's files; empty when all is well."""
        return verify(self.store)

    def __repr__(self) -> str:
        captures = self.captures
        events = sum(capture.events for capture in captures)
        return f"<Lake {str(self.store.root)!r}: {len(captures)} captures, {events:,} events>"


def _compiled(condition: str, source: str) -> TypedCondition | LanguageError:
    try:
        return compile_text(condition, source)
    except LanguageError as error:
        return error


def _misses(part: Part, since: int | None, until: int | None) -> bool:
    """Whether a part lies outside of a time range as a whole."""
    return (since is not None and part.max_time < since) or (until is not None and part.min_time >= until)
