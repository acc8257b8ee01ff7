"""How conditions are decided on the dimensions: the plan of a ruleset.

A condition is a choice of branches, a branch a conjunction of factors. A factor that reads one
dimension is decided there, once per row. A factor that reads several becomes atoms (its largest
pieces that read one table each), decided where they belong and combined for the few events that
survive; each dimension also gets what of it can be decided there alone, taking the rest as
unknown, which can only let too much through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from falcolab.engine.binding import ACROSS
from falcolab.engine.logic import TRUE, fingerprint
from falcolab.lake.layout import EVENTS
from falcolab.lang.ast import leaves
from falcolab.lang.typed import Test, TypedCondition, field_values

_LOCAL_TIMES = frozenset({"evt.time", "evt.time.s", "evt.datetime", "evt.datetime.s"})
"""Fields that differ from one time zone to another."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of a condition that reads one table (or, for ``ACROSS``, is judged on whole events).

    Attributes:
        table: the table.
        key: a digest of the condition.
        condition: what must hold.
    """

    table: str
    key: bytes
    condition: TypedCondition = field(compare=False, repr=False)

    @classmethod
    def of(cls, table: str, condition: TypedCondition) -> Atom:
        """The atom of a condition."""
        return cls(table, fingerprint(condition), condition)


@dataclass(frozen=True, slots=True)
class Branch:
    """One way for a condition to hold; a bit in every mask.

    Attributes:
        condition: the position of the condition.
        factors: per table, what must hold of its row; tables that are missing do not matter.
        residual: what remains to be decided from atoms, as a condition with Atom leaves; TRUE if nothing.
        key: a digest of the residual; None if its truth may be another one tomorrow.
    """

    condition: int
    factors: dict[str, Atom]
    residual: Any
    key: bytes | None

    @classmethod
    def of(cls, condition: int, factors: dict[str, Atom], residual: Any) -> Branch:
        """A branch with what follows from its parts."""
        key = fingerprint(residual) if is_lasting(residual) else None
        return cls(condition, factors, residual, key)


@dataclass(frozen=True)
class Plan:
    """How a sequence of conditions is decided; bit ``i`` of every mask is branch ``i``.

    Attributes:
        source: the event source.
        branches: those of all conditions, in the order of these.
    """

    source: str
    branches: tuple[Branch, ...]

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables that some branch has a factor for."""
        return tuple(dict.fromkeys(table for branch in self.branches for table in branch.factors))

    @cached_property
    def of_events(self) -> dict[Atom, list[int]]:
        """The factors that need a look at the events, with their branches."""
        found: dict[Atom, list[int]] = {}
        for index, branch in enumerate(self.branches):
            if EVENTS in branch.factors:
                found.setdefault(branch.factors[EVENTS], []).append(index)
        return found


def is_lasting(node: Any) -> bool:
    """Whether a condition with Atom leaves is true of an event for good, in whatever time zone."""
    if node == TRUE:
        return True
    values = (value for test in tests_in(node) for value in field_values(test))
    return not any(value.field.name in _LOCAL_TIMES for value in values)


def tests_in(node: Any) -> Iterator[Test]:
    """The checks of a condition, those within atoms included."""
    for leaf in leaves(node):
        if isinstance(leaf, Atom):
            yield from tests_in(leaf.condition)
        elif isinstance(leaf, Test):
            yield leaf


def looks_across(node: Any) -> bool:
    """Whether a condition has an atom that is judged on whole events."""
    return any(isinstance(leaf, Atom) and leaf.table == ACROSS for leaf in leaves(node))
