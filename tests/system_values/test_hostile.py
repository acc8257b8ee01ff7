"""No event, however odd, makes a field raise or yield what the catalogue does not promise."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from falcolab.fields.types import Kind
from falcolab.lang.typed import FieldValue
from falcolab.system.event import Event
from falcolab.system.tables import event_types
from falcolab.system.values import FIELDS, Context, to_json, to_line
from tests.system.events import START, machine
from tests.system.test_hostile import parameter
from tests.system_values.fields import every_field

EVENTS = 250

_KINDS: dict[Kind, type | tuple[type, ...]] = {
    Kind.STRING: str,
    Kind.NUMBER: (int, float),
    Kind.BOOL: bool,
    Kind.ADDRESS: bytes,
    Kind.BUFFER: bytes,
}


def events(seed: int) -> list[Event]:
    chance = random.Random(seed)
    made, time = [], START
    for _ in range(EVENTS):
        type_ = chance.choice(event_types())
        params = tuple(parameter(chance, param) for param in type_.params)
        params = params[: chance.choice([*[len(params)] * 9, *range(len(params) + 1)])]
        time += chance.choice([0, 1, 10**9, -(10**6)])
        tid = chance.choice([*range(1, 9), 0, -1, -5, 2**62])
        made.append(Event(type_, time, tid, chance.getrandbits(16), params))
    return made


def is_promised(value: FieldValue, found: Any) -> bool:
    if found is None or value.field.name == "evt.rawarg":
        return True
    is_many = isinstance(found, tuple)
    kind = _KINDS[value.type.kind]
    return all(isinstance(each, kind) for each in (found if is_many else (found,)))


@pytest.mark.parametrize("seed", range(8))
def test_every_field_of_random_events_has_a_value_of_its_type(seed: int) -> None:
    tables, fields = machine(), every_field()
    for event in events(seed):
        tables.take(event)
        context = Context.of(event, tables)
        for value in fields:
            extractor = FIELDS[value.field.name]
            assert is_promised(value, extractor.value(context, value.arg)), (value.name, value.arg, event)
            shown = extractor.shown_value(context, value.arg)
            json.dumps(to_json(value, shown, event.time)).encode()
            to_line(value, shown).encode()
