"""Which calls are hooked: those that state tracking needs and those that rules ask for.

As in Falco's adaptive selection, what a rule can be true for decides. A call that is very frequent
(``hot``) is hooked only if a rule names it: a rule that leaves the type open, or excludes a few
types, does not make the probe record every read and write of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from capture.probe.calls import CALLS, GENERIC, Call
from falcolab.errors import InputError
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.ast import leaves
from falcolab.lang.eventtypes import EVENT_TYPE_FIELDS
from falcolab.lang.eventtypes import GENERIC as GENERIC_TYPE
from falcolab.lang.typed import FieldValue, Test
from falcolab.rules.ruleset import Rule, Ruleset

ALWAYS = frozenset({"procexit"})
"""Event types that are recorded in any case and are no calls."""

_SHOWN_RULES = 2


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """What is decided about one call.

    Attributes:
        call: the call.
        for_state: whether state tracking needs it.
        is_extra: whether it was asked for beside the rules.
        rules: the names of the rules that can be true for it and make it hooked.
    """

    call: Call
    for_state: bool
    is_extra: bool
    rules: tuple[str, ...]

    @property
    def is_hooked(self) -> bool:
        """Whether the probe records it."""
        return self.for_state or self.is_extra or bool(self.rules)


@dataclass(frozen=True, slots=True)
class HookPlan:
    """What is hooked.

    Attributes:
        planned: every call with an event of its own, and the others that are hooked, by name.
        unsupported: event types that rules name and the probe cannot record -> those rules.
    """

    planned: tuple[PlannedCall, ...]
    unsupported: Mapping[str, tuple[str, ...]]

    @property
    def calls(self) -> tuple[str, ...]:
        """The names of the calls to hook, as ``Probe`` takes them."""
        return tuple(each.call.name for each in self.planned if each.is_hooked)

    def rows(self) -> list[tuple[str, str, str]]:
        """A table of call, ``hooked`` or ``not hooked``, and why, for people to read."""
        rows = [
            (each.call.name, "hooked" if each.is_hooked else "not hooked", _why(each))
            for each in self.planned
        ]
        missing = ((name, "not recorded", _rules(rules)) for name, rules in sorted(self.unsupported.items()))
        return [*rows, *missing]


def make_plan(ruleset: Ruleset, extra: Iterable[str] = ()) -> HookPlan:
    """What to hook for the enabled rules on system calls.

    Args:
        ruleset: the rules.
        extra: names of further calls.

    Raises:
        InputError: there is no such call.
    """
    wanted = frozenset(extra)
    if unknown := sorted(wanted - CALLS.keys() - GENERIC.keys()):
        raise InputError(f"the probe cannot record '{unknown[0]}': it knows {', '.join(sorted(CALLS))}")
    rules = [(rule.name, rule.event_types, named_types(rule)) for rule in ruleset.enabled(SYSCALL)]
    generic = GENERIC.keys() & wanted.union(*(named for _, _, named in rules))
    calls = (*CALLS.values(), *(GENERIC[name] for name in generic))
    planned = tuple(_planned(call, rules, wanted) for call in sorted(calls, key=lambda call: call.name))
    return HookPlan(planned, _unsupported(rules))


def named_types(rule: Rule) -> frozenset[str]:
    """The event types that a rule's condition names and that it can be true for.

    Calls without a type of their own are named for themselves, where the rule can be true for such.
    """
    tests = (leaf for leaf in leaves(rule.typed) if isinstance(leaf, Test) and _is_about_types(leaf))
    names = {name for test in tests if isinstance(test.right, tuple) for name in test.right}
    possible = rule.event_types | (GENERIC.keys() if GENERIC_TYPE in rule.event_types else set())
    return possible & names


def _is_about_types(test: Test) -> bool:
    return isinstance(test.left, FieldValue) and test.left.name in EVENT_TYPE_FIELDS


_RuleTypes = tuple[str, frozenset[str], frozenset[str]]
"""The name of a rule, the types it can be true for and those that it names."""


def _planned(call: Call, rules: list[_RuleTypes], extra: frozenset[str]) -> PlannedCall:
    index = 2 if call.need == "hot" or call.name in GENERIC else 1
    asking = tuple(str(rule[0]) for rule in rules if call.name in rule[index])
    return PlannedCall(call, call.need == "state", call.name in extra, asking)


def _unsupported(rules: list[_RuleTypes]) -> dict[str, tuple[str, ...]]:
    names = {name for _, _, named in rules for name in named}
    names -= CALLS.keys() | GENERIC.keys() | ALWAYS
    return {name: tuple(rule for rule, _, named in rules if name in named) for name in names}


def _why(planned: PlannedCall) -> str:
    reasons = ["state"] if planned.for_state else []
    reasons += ["asked for"] if planned.is_extra else []
    reasons += [_rules(planned.rules)] if planned.rules else []
    return ", ".join(reasons)


def _rules(names: tuple[str, ...]) -> str:
    shown = "; ".join(names[:_SHOWN_RULES])
    rest = len(names) - _SHOWN_RULES
    return f"{len(names)} rules: {shown}; {rest} more" if rest > 0 else f"rules: {shown}"
