"""Why a rule fires on an event, or why not: the truth of every clause with the values it saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.part import PartData
from falcolab.engine.printers import printer_of
from falcolab.errors import InputError
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.layout import PART
from falcolab.lang.ast import And, Not, Or
from falcolab.lang.eventtypes import event_types
from falcolab.lang.typed import FieldValue, Test
from falcolab.rules.ruleset import Rule


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a condition on one event.

    Attributes:
        kind: ``and``, ``or``, ``not`` or ``check``.
        truth: whether it holds.
        decided: whether the truth of the whole condition rests on it; of several that would do, the first.
        text: of a check, as written.
        values: of a check, the fields that it reads and their values as text.
        children: the parts that it is made of.
    """

    kind: str
    truth: bool
    decided: bool
    text: str = ""
    values: tuple[tuple[str, str], ...] = ()
    children: tuple[Clause, ...] = ()

    def checks(self) -> Iterator[Clause]:
        """Its checks, from left to right."""
        if self.kind == "check":
            yield self
        for child in self.children:
            yield from child.checks()

    def as_json(self) -> dict[str, Any]:
        """The clause for scripts."""
        own: dict[str, Any] = {"kind": self.kind, "truth": self.truth, "decided": self.decided}
        if self.kind == "check":
            return {**own, "clause": self.text, "values": dict(self.values)}
        return {**own, "children": [child.as_json() for child in self.children]}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One rule on one event.

    Attributes:
        rule: the rule.
        event_id: the event, unique in the lake.
        fires: whether the rule fires, if it is enabled and no earlier one takes the event.
        condition: the truth of the condition and its parts.
        note: what else decides, if anything does.
    """

    rule: Rule
    event_id: str
    fires: bool
    condition: Clause
    note: str = ""

    @property
    def decisive(self) -> list[Clause]:
        """The checks on which the verdict rests."""
        return [check for check in self.condition.checks() if check.decided]

    def as_json(self) -> dict[str, Any]:
        """The explanation for scripts."""
        decided = [{"clause": check.text, "values": dict(check.values)} for check in self.decisive]
        return {
            "rule": self.rule.name,
            "event": self.event_id,
            "fires": self.fires,
            "note": self.note or None,
            "decided": decided,
            "condition": self.condition.as_json(),
        }


def row_of(part: PartData, prefix: int, number: int) -> int:
    """The position of an event in its part.

    Args:
        part: of a lake.
        prefix: the first half of the event's id: the part in which it was written first.
        number: the second half.

    Raises:
        InputError: the part has no such event.
    """
    parts, numbers = (column.to_numpy() for column in part.events.stored([PART, "num"]))
    rows = np.flatnonzero((parts == prefix) & (numbers == number))
    if not len(rows):
        raise InputError(f"no event {prefix}-{number} in the lake")
    return int(rows[0])


def explain(rule: Rule, part: PartData, prefix: int, number: int) -> Explanation:
    """Why a rule fires on an event, or why not.

    Args:
        rule: of the part's event source.
        part: of a lake.
        prefix: the first half of the event's id: the part in which it was written first.
        number: the second half.

    Raises:
        InputError: there is no such event, or the rule is for another source.
    """
    source = part.layout.source
    if rule.source != source:
        raise InputError(f"rule '{rule.name}' is for {rule.source} events, and this is one of {source}")
    judged = _Judge(part, row_of(part, prefix, number))
    truth = judged.truth(rule.typed)
    note = judged.untried(rule)
    condition = judged.clause(rule.typed, decided=True)
    return Explanation(rule, f"{prefix}-{number}", truth and not note, condition, note)


class _Judge:
    """Decides conditions on one event."""

    def __init__(self, part: PartData, row: int) -> None:
        self.part, self.rows = part, np.array([row], np.int64)
        self.printer = printer_of(part.layout.source)
        self._values: dict[FieldValue, Any] = {}

    def value(self, value: FieldValue) -> Any:
        """The value of a field."""
        if value not in self._values:
            (self._values[value],) = self.part.listed(value, self.rows)
        return self._values[value]

    def truth(self, node: Any) -> bool:
        """Whether a condition holds."""
        match node:
            case And(children=children):
                return all(self.truth(child) for child in children)
            case Or(children=children):
                return any(self.truth(child) for child in children)
            case Not(child=child):
                return not self.truth(child)
            case _:
                slots = slots_of(node)
                return compile_test(node, slots)([self.value(value) for value in slots])

    def clause(self, node: Any, *, decided: bool) -> Clause:
        """A condition with the truth of its parts."""
        truth = self.truth(node)
        if isinstance(node, Test):
            values = tuple((value.name, self._shown(value)) for value in slots_of(node))
            return Clause("check", truth, decided, node.text, values)
        if isinstance(node, Not):
            return Clause("not", truth, decided, children=(self.clause(node.child, decided=decided),))
        kind = "and" if isinstance(node, And) else "or"
        decisive = self._decisive(node, truth) if decided else frozenset[int]()
        children = [self.clause(each, decided=at in decisive) for at, each in enumerate(node.children)]
        return Clause(kind, truth, decided, children=tuple(children))

    def _decisive(self, node: Any, truth: bool) -> frozenset[int]:  # noqa: FBT001
        """The operands on which the truth rests: the first false one of an ``and``, or all of them."""
        if truth is isinstance(node, And):
            return frozenset(range(len(node.children)))
        return frozenset([next(at for at, child in enumerate(node.children) if self.truth(child) is truth)])

    def _shown(self, value: FieldValue) -> str:
        found = self.value(value)
        return "absent" if found is None else self.printer.line(value, found)

    def untried(self, rule: Rule) -> str:
        """Why Falco does not even try the rule on the event; empty if it does."""
        if rule.source != SYSCALL:
            return ""
        (name,) = self.part.raw("type_name", self.rows).to_pylist()
        if name in event_types(rule.typed):
            return ""
        return f"Falco does not try this rule on events of type {name}, going by its checks of evt.type"
