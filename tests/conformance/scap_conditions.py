"""Conditions over captured system calls, judged event by event on the values of their fields.

This asks no lake: it judges what conditions compare (``Extractor.value`` and ``Field.reading``)
where :mod:`tests.conformance.scap_fields` judges what alerts print.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from falcolab.engine.conditions import compile_text
from falcolab.engine.event import Judge, compile_condition, slots_of
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.errors import LanguageError
from falcolab.lang.eventtypes import event_types
from falcolab.lang.typed import FieldValue, TypedCondition, field_values
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from falcolab.system.values import FIELDS, Context
from tests.conformance.outcome import Outcome, compare, digest
from tests.conformance.scap_fields import ACCOUNTS

Case = dict[str, Any]

UNNAMED_ACCOUNTS = frozenset({"sysflow__alpine__alpine", "sysflow__nginx__nginx"})
"""Captures with users whom they do not name: Falco showed the accounts of the machine that it ran on."""

_UNKNOWN = object()


class _Row:
    """The values of one event, found when they are asked for."""

    def __init__(self, context: Context, values: tuple[FieldValue, ...]) -> None:
        self.context = context
        self.values = values
        self.known: list[Any] = [_UNKNOWN] * len(values)

    def __getitem__(self, slot: int) -> Any:
        if self.known[slot] is _UNKNOWN:
            value = self.values[slot]
            extractor = FIELDS[value.field.name]
            find = extractor.shown_value if value.is_shown else extractor.value
            self.known[slot] = find(self.context, value.arg)
        return self.known[slot]


def conditions(data: Path) -> Iterator[Outcome]:
    """Every condition: the events that match, or that it is refused."""
    by_capture: dict[str, list[Case]] = defaultdict(list)
    for line in (data / "conditions_syscall.jsonl").read_text().splitlines():
        case = json.loads(line)
        by_capture[case["capture"]].append(case)
    for capture, cases in by_capture.items():
        yield from _judged(data / "captures/scap" / f"{capture}.scap", cases)


def _judged(path: Path, cases: list[Case]) -> Iterator[Outcome]:
    compiled = []
    for case in cases:
        name = f"{path.stem}: {case['condition']}"
        try:
            condition = compile_text(case["condition"], SYSCALL)
        except LanguageError as error:
            yield compare(name, f"refused: {error}", f"refused: {error}" if "error" in case else "accepted")
            continue
        if "error" in case:
            yield compare(name, "accepted", f"refused: {case['message']}")
        else:
            compiled.append((name, case, condition))
    slots = slots_of(*(condition for _, _, condition in compiled))
    judges = [(compile_condition(condition, slots), event_types(condition)) for _, _, condition in compiled]
    for (name, case, condition), keys in zip(compiled, _matching(path, judges, tuple(slots)), strict=True):
        outcome = compare(name, (len(keys), digest(keys)), (case["matches"], case["sha256_16"]))
        if outcome.problem is None or not depends_on_accounts(path.stem, condition):
            yield outcome


def depends_on_accounts(capture: str, condition: TypedCondition) -> bool:
    """Whether Falco's answer depends on the accounts of the machine that it ran on."""
    names = {value.field.name for value in field_values(condition)}
    return capture in UNNAMED_ACCOUNTS and not names.isdisjoint(ACCOUNTS)


def _matching(
    path: Path, judges: list[tuple[Judge, frozenset[str]]], values: tuple[FieldValue, ...]
) -> list[list[str]]:
    """The keys of the matching events of each condition, in the order in which they are digested."""
    found: list[list[tuple[int, str]]] = [[] for _ in judges]
    machine = Machine()
    with open_capture(path) as source:
        for event in machine.replay(source):
            context = Context.of(event, machine)
            row, key = _Row(context, values), _key(context)
            for (judge, types), keys in zip(judges, found, strict=True):
                if event.type.name in types and judge(row):
                    keys.append((event.num, key))
    return [[key for _, key in sorted(keys)] for keys in found]


def _key(context: Context) -> str:
    tid, type_ = (FIELDS[name].value(context, None) for name in ("thread.tid", "evt.type"))
    return f"{context.event.time} {tid!s} {type_!s}"
