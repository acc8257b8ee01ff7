"""The tables of fields agree with the lists that Falco prints of its own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from falcolab.fields.audit import AUDIT, JSON
from falcolab.fields.container import CONTAINER
from falcolab.fields.descriptor import DESCRIPTOR, FS_PATH
from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.fields.field import Arg, Field
from falcolab.fields.generic import GENERIC
from falcolab.fields.process import PROCESS
from falcolab.fields.syscall_event import SYSCALL_EVENT
from falcolab.fields.user import USER

SYSCALL = (*GENERIC, *SYSCALL_EVENT, *PROCESS, *USER, *DESCRIPTOR, *FS_PATH, *CONTAINER)
K8S_AUDIT = (*GENERIC, *AUDIT, *JSON)

ARGUMENTS = {
    (False, ()): Arg.OPTIONAL,
    (False, ("INDEX",)): Arg.INDEX,
    (True, ()): Arg.MEMBER,
    (True, ("KEY",)): Arg.KEY,
    (True, ("INDEX", "KEY")): Arg.INDEX_OR_KEY,
}

SOURCES = pytest.mark.parametrize(
    ("file", "table"),
    [("fields_syscall.json", SYSCALL), ("fields_k8s_audit.json", K8S_AUDIT)],
    ids=["syscall", "k8s_audit"],
)


def _reference(path: Path) -> dict[str, dict[str, Any]]:
    classes = json.loads(path.read_text(encoding="utf-8"))["fieldclasses"]
    return {field["name"]: field for fields in classes for field in fields["fields"]}


def _listed(table: tuple[Field, ...]) -> dict[str, Field]:
    return {field.name: field for field in table if field.listed}


def _argument(entry: dict[str, Any]) -> Arg:
    argument = entry["argument"]
    if argument is None:
        return Arg.NONE
    if entry["name"] == "evt.around":
        return Arg.KEY  # it is written in brackets only
    return ARGUMENTS[argument["required"], tuple(argument["type"])]


@SOURCES
def test_listed_names_are_those_of_falco(shared: Path, file: str, table: tuple[Field, ...]) -> None:
    assert sorted(_listed(table)) == sorted(_reference(shared / "reference" / file))


@SOURCES
def test_unlisted_names_are_not_listed_by_falco(shared: Path, file: str, table: tuple[Field, ...]) -> None:
    unlisted = {field.name for field in table if not field.listed}
    assert unlisted.isdisjoint(_reference(shared / "reference" / file))


@SOURCES
def test_types_lists_and_arguments_are_those_of_falco(
    shared: Path, file: str, table: tuple[Field, ...]
) -> None:
    fields = _listed(table)
    for name, entry in _reference(shared / "reference" / file).items():
        field = fields[name]
        expected = (entry["type"], entry["is_list"], _argument(entry))
        assert (field.type.value, field.is_list, field.arg) == expected, name


@SOURCES
def test_docs_are_our_own_words(shared: Path, file: str, table: tuple[Field, ...]) -> None:
    reference = _reference(shared / "reference" / file)
    texts = {entry["desc"].strip().rstrip(".").lower() for entry in reference.values()}
    assert [name for name, field in _listed(table).items() if field.doc.rstrip(".").lower() in texts] == []


def test_event_codes_count_the_entries_of_the_event_table(shared: Path) -> None:
    table = json.loads((shared / "reference/scap/event_table.json").read_text(encoding="utf-8"))
    assert Counter(entry["name"] for entry in table) == EVENT_CODES


def test_system_calls_are_those_without_an_event(shared: Path) -> None:
    names = json.loads((shared / "reference/scap/syscall_names.json").read_text(encoding="utf-8"))["names"]
    assert {name for name in names.values() if name} - EVENT_CODES.keys() == SYSCALL_NAMES
