"""What an entry says of a field's dependence is what the field looks at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from falcolab.lang.typed import FieldValue
from falcolab.sources.scap import open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.values import FIELDS, Part
from falcolab.system.values.depends import depends
from tests.system_values.fields import every_field, field
from tests.system_values.spies import Notes, spied

CAPTURES = [
    "live__attack_a_k8s",
    "libs__single_ipv6_conn",
    "sysflow__alpine__alpine",
    "falco__psp__privileged",
]

IMPLIED = {
    Part.LINEAGE: Part.PROCESS,
    Part.THREADS: Part.LINEAGE,
    Part.CONTAINER: Part.EVENT,
    Part.DESCRIPTOR: Part.EVENT | Part.PROCESS | Part.TABLE,
}
"""Parts that belong to another: a failed call names something with its arguments and its directory."""


def replayed(capture: Path, every: int) -> Iterator[tuple[Event, Machine]]:
    machine = Machine()
    with open_capture(capture) as source:
        for number, event in enumerate(machine.replay(source)):
            if number % every == 0:
                yield event, machine


def touched(event: Event, machine: Machine, value: FieldValue, told: Part) -> Part:
    notes = Notes()
    context = spied(event, machine, notes)
    FIELDS[value.field.name].value(context, value.arg)
    FIELDS[value.field.name].shown_value(context, value.arg)
    # A descriptor is there for some types only; container events are told apart by their type.
    is_implied = told & (Part.DESCRIPTOR | Part.TABLE | Part.CONTAINER) or value.name == "container.start_ts"
    knows_type = notes.is_typed and not is_implied
    return notes.parts | (Part.EVENT if knows_type else Part.NONE)


@pytest.mark.parametrize("capture", CAPTURES)
def test_no_field_looks_at_more_than_its_entry_says(shared: Path, capture: str) -> None:
    told = {value: depends(value, FIELDS[value.field.name]) for value in every_field()}
    for event, machine in replayed(shared / f"conformance/captures/scap/{capture}.scap", every=97):
        for value, parts in told.items():
            allowed = parts
            for part, implied in IMPLIED.items():
                allowed |= implied if part in parts else Part.NONE
            assert not touched(event, machine, value, parts) & ~allowed, (value.name, value.arg, event)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("proc.name", Part.PROCESS),
        ("proc.pname", Part.LINEAGE),
        ("proc.aname[0]", Part.PROCESS),
        ("proc.aname[2]", Part.LINEAGE),
        ("proc.vmsize", Part.USAGE),
        ("evt.rawres", Part.EVENT),
        ("evt.arg.flags", Part.EVENT),
        ("evt.arg.fd", Part.EVENT | Part.TABLE),
        ("evt.arg.uid", Part.EVENT | Part.PROCESS | Part.USER),
        ("fd.num", Part.EVENT),
        ("fd.name", Part.DESCRIPTOR),
        ("fd.sip", Part.DESCRIPTOR),
        ("proc.sname", Part.LINEAGE | Part.THREADS),
        ("fd.lip", Part.DESCRIPTOR | Part.PROCESS | Part.CONTAINER | Part.NETWORK),
        ("user.name", Part.PROCESS | Part.USER),
        ("container.image.repository", Part.PROCESS | Part.CONTAINER),
        ("evt.source", Part.NONE),
    ],
)
def test_what_fields_depend_on(name: str, parts: Part) -> None:
    value = field(name)
    assert depends(value, FIELDS[value.field.name]) == parts
