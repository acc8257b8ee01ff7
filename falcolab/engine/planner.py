"""From conditions to their plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from falcolab.engine.binders import binder_of
from falcolab.engine.binding import ACROSS, CONSTANT
from falcolab.engine.certain import ANY_TIME, certain
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.logic import FALSE, TRUE, conjuncts, disjuncts, every, negated, replaced, some
from falcolab.engine.plan import Atom, Branch, Plan
from falcolab.engine.typed_events import with_event_types
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.layout import EVENTS
from falcolab.lang.ast import And, Not, Or, leaves
from falcolab.lang.typed import Test, TypedCondition, field_values

_MAX_BRANCHES = 4
"""Of one condition. More would rule out more events on the masks, and make these larger."""


def make_plan(conditions: Sequence[TypedCondition], source: str) -> Plan:
    """The plan of some conditions on the events of a source."""
    planner = _Planner(source)
    return Plan(
        source,
        tuple(
            branch
            for index, condition in enumerate(conditions)
            for branch in planner.branches(index, condition)
        ),
    )


class _Planner:
    """Plans conditions one by one. Equal checks become one object, so that each is bound once."""

    def __init__(self, source: str) -> None:
        self._source, self._bind = source, binder_of(source)
        self._checks: dict[Test, Test] = {}
        self._tables: dict[int, str] = {}

    def branches(self, index: int, condition: TypedCondition) -> Iterator[Branch]:
        """The branches of one condition; none if it never holds."""
        if self._source == SYSCALL:
            condition = with_event_types(condition)
        folded = replaced(condition, self._folded)
        if folded == FALSE:
            return
        choices, ways = [], 1
        for factor in conjuncts(folded):
            alternatives = self._alternatives(factor)
            if ways * len(alternatives) > _MAX_BRANCHES:
                alternatives = [factor]
            ways *= len(alternatives)
            choices.append(alternatives)
        for chosen in product(*choices):
            yield self._branch(index, [part for choice in chosen for part in conjuncts(choice)])

    def _branch(self, index: int, parts: Sequence[Any]) -> Branch:
        factors: dict[str, list[Any]] = {}
        residual = []
        for part in dict.fromkeys(parts):
            tables = self._tables_of(part)
            if len(tables) == 1 and ACROSS not in tables:
                factors.setdefault(next(iter(tables)), []).append(part)
                continue
            residual.append(self._atoms(part))
            for table in sorted(tables - {ACROSS}):
                relaxed = self._relaxed(part, table, possible=True)
                if relaxed != TRUE:
                    factors.setdefault(table, []).append(relaxed)
        decided = {table: Atom.of(table, every(found)) for table, found in factors.items()}
        return Branch.of(index, decided, every(residual))

    def _folded(self, test: Test) -> Any:
        """A check, or what it is if that does not depend on the event."""
        known = self._checks.get(test)
        if known is not None:
            return known
        truth = certain(test, ANY_TIME)
        if truth is None and self._found_table(test) == CONSTANT:
            truth = self._constant(test)
        if truth is not None:
            return TRUE if truth else FALSE
        self._checks[test] = test
        self._tables[id(test)] = self._found_table(test)
        return test

    def _found_table(self, test: Test) -> str:
        tables = {self._bind(value).table for value in field_values(test)} - {CONSTANT}
        if not tables:
            return CONSTANT
        return tables.pop() if len(tables) == 1 else ACROSS

    def _constant(self, test: Test) -> bool:
        slots = slots_of(test)
        computes = [self._bind(value).compute for value in slots]
        return compile_test(test, slots)([None if compute is None else compute() for compute in computes])

    def _tables_of(self, node: Any) -> frozenset[str]:
        """The tables that a condition reads; a check of several makes it ``ACROSS``."""
        return frozenset(self._tables[id(leaf)] for leaf in leaves(node))

    def _alternatives(self, factor: Any) -> list[Any]:
        """The ways for a factor to hold, if dimensions can tell each of them from the others.

        Ways that one dimension decides are one way.
        """
        if len(self._tables_of(factor)) == 1:
            return [factor]
        alone: dict[str, list[Any]] = {}
        mixed = []
        for child in disjuncts(factor):
            tables = self._tables_of(child)
            if not any(
                self._relaxed(child, table, possible=True) != TRUE for table in tables - {EVENTS, ACROSS}
            ):
                return [factor]
            if len(tables) == 1:
                alone.setdefault(next(iter(tables)), []).append(child)
            else:
                mixed.append(child)
        return [*map(some, alone.values()), *mixed]

    def _relaxed(self, node: Any, table: str, *, possible: bool) -> Any:
        """What one table knows of a condition: with ``possible``, TRUE wherever it cannot tell.

        Without ``possible`` the condition stands below a negation, and FALSE takes its place.
        """
        match node:
            case And(children=children):
                return every([self._relaxed(child, table, possible=possible) for child in children])
            case Or(children=children):
                return some([self._relaxed(child, table, possible=possible) for child in children])
            case Not(child=child):
                return negated(self._relaxed(child, table, possible=not possible))
            case _ if self._tables[id(node)] == table:
                return node
            case _:
                return TRUE if possible else FALSE

    def _atoms(self, node: Any) -> Any:
        """A condition with its largest pieces that read one table as atoms."""
        tables = self._tables_of(node)
        if len(tables) == 1 and (ACROSS not in tables or isinstance(node, Test)):
            return Atom.of(next(iter(tables)), node)
        match node:
            case Not(child=child):
                return Not(self._atoms(child))
            case And(children=children):
                return And(tuple(self._atoms(child) for child in children))
            case _:
                return Or(tuple(self._atoms(child) for child in node.children))
