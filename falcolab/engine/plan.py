"""How conditions are decided on the dimensions: the plan of a ruleset.

A condition is a conjunction of factors. A factor that reads one dimension is decided
there, once per row. A factor that reads several becomes atoms (its largest pieces that
read one table each), decided where they belong and combined for the few events that
survive; each dimension also gets what of it can be decided there alone, taking the rest
as unknown, which can only let too much through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from falcolab.engine.binders import Bind, binder_of
from falcolab.engine.binding import ACROSS, CONSTANT
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.typed_events import with_event_types
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.ast import And, Not, Or, leaves
from falcolab.lang.typed import Test, TypedCondition, field_values

TRUE: And = And(())
FALSE: Or = Or(())


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of a condition that reads one table (or, for ``ACROSS``, is judged on whole rows)."""

    table: str
    condition: TypedCondition


@dataclass(frozen=True, slots=True)
class RulePlan:
    """How one condition is decided.

    Attributes:
        factors: per table, what must hold of its row; tables that are missing do not matter.
        residual: what remains to be decided from atoms, as a condition with Atom leaves; TRUE if nothing.
    """

    factors: dict[str, TypedCondition]
    residual: Any = TRUE


@dataclass(frozen=True, slots=True)
class Plan:
    """How a sequence of conditions is decided; bit ``i`` of every mask is condition ``i``."""

    rules: tuple[RulePlan, ...]
    tables: tuple[str, ...] = field(default=())


def make_plan(conditions: Sequence[TypedCondition], source: str) -> Plan:
    """The plan of some conditions on the events of a source."""
    planner = _Planner(binder_of(source))
    if source == SYSCALL:
        conditions = [with_event_types(condition) for condition in conditions]
    rules = tuple(planner.plan(condition) for condition in conditions)
    tables = dict.fromkeys(table for rule in rules for table in rule.factors)
    return Plan(rules, tuple(tables))


@dataclass(frozen=True, slots=True)
class _Planner:
    bind: Bind

    def plan(self, condition: TypedCondition) -> RulePlan:
        """The plan of one condition."""
        factors: dict[str, list[TypedCondition]] = {}
        residual = []
        for factor in conjuncts(self.fold(condition)):
            tables = self.tables_of(factor)
            if len(tables) == 1 and ACROSS not in tables:
                factors.setdefault(next(iter(tables)), []).append(factor)
            elif tables or factor == FALSE:
                residual.append(factor)
                for table in sorted(tables - {ACROSS}):
                    relaxed = self.relax(factor, table, possible=True)
                    if relaxed != TRUE:
                        factors.setdefault(table, []).append(relaxed)
        decided = {table: both(found) for table, found in factors.items()}
        return RulePlan(decided, both([self._atoms(part) for part in residual]))

    def tables_of(self, node: Any) -> frozenset[str]:
        """The tables that a condition reads; a check of several makes it ``ACROSS``."""
        return frozenset(self.table_of(leaf) for leaf in leaves(node) if isinstance(leaf, Test))

    def table_of(self, test: Test) -> str:
        """The table that a check reads."""
        tables = {self.bind(value).table for value in field_values(test)} - {CONSTANT}
        if not tables:
            return CONSTANT
        return tables.pop() if len(tables) == 1 else ACROSS

    def fold(self, node: Any) -> Any:
        """A condition with everything decided that does not depend on the event."""
        match node:
            case And(children=children):
                return _join(And, TRUE, FALSE, [self.fold(child) for child in children])
            case Or(children=children):
                return _join(Or, FALSE, TRUE, [self.fold(child) for child in children])
            case Not(child=child):
                return _negated(self.fold(child))
            case Test() if self.table_of(node) == CONSTANT:
                return TRUE if self._constant(node) else FALSE
            case _:
                return node

    def _constant(self, test: Test) -> bool:
        slots = slots_of(test)
        computes = [self.bind(value).compute for value in slots]
        return compile_test(test, slots)([None if compute is None else compute() for compute in computes])

    def relax(self, node: Any, table: str, *, possible: bool) -> Any:
        """What one table knows of a condition: with ``possible``, TRUE wherever it cannot tell.

        Without ``possible`` the condition stands below a negation, and FALSE takes its place.
        """
        match node:
            case And(children=children):
                parts = [self.relax(child, table, possible=possible) for child in children]
                return _join(And, TRUE, FALSE, parts)
            case Or(children=children):
                parts = [self.relax(child, table, possible=possible) for child in children]
                return _join(Or, FALSE, TRUE, parts)
            case Not(child=child):
                return _negated(self.relax(child, table, possible=not possible))
            case Test() if self.table_of(node) == table:
                return node
            case _:
                return TRUE if possible else FALSE

    def _atoms(self, node: Any) -> Any:
        """A condition with its largest pieces that read one table as atoms."""
        tables = self.tables_of(node)
        if len(tables) == 1 and (ACROSS not in tables or isinstance(node, Test)):
            return Atom(next(iter(tables)), node)
        match node:
            case And(children=children):
                return And(tuple(self._atoms(child) for child in children))
            case Or(children=children):
                return Or(tuple(self._atoms(child) for child in children))
            case Not(child=child):
                return Not(self._atoms(child))
            case _:
                return node


def _negated(node: Any) -> Any:
    return FALSE if node == TRUE else (TRUE if node == FALSE else Not(node))


def both(parts: Sequence[Any]) -> Any:
    """The conjunction of some conditions; TRUE of none."""
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def conjuncts(node: Any) -> list[Any]:
    """The conditions that must all hold for a condition to hold."""
    match node:
        case And(children=children):
            return [part for child in children for part in conjuncts(child)]
        case Not(child=Or(children=children)):
            return [part for child in children for part in conjuncts(Not(child))]
        case Not(child=Not(child=child)):
            return conjuncts(child)
        case _:
            return [node]


def _join(kind: type[And] | type[Or], neutral: Any, absorbing: Any, children: list[Any]) -> Any:
    if absorbing in children:
        return absorbing
    rest = tuple(child for child in children if child != neutral)
    return rest[0] if len(rest) == 1 else (kind(rest) if rest else neutral)


def fingerprint(node: Any) -> str:
    """A digest of a condition's meaning, the same in every process."""
    return hashlib.sha256(_canonical(node).encode()).hexdigest()[:32]


def _canonical(node: Any) -> str:
    match node:
        case And(children=children) | Or(children=children):
            return f"{type(node).__name__}({','.join(map(_canonical, children))})"
        case Not(child=child):
            return f"Not({_canonical(child)})"
        case Test(text=text):
            return f"Test({text!r})"
        case _:
            return repr(node)
