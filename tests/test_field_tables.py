"""The tables of fields are consistent in themselves."""

from __future__ import annotations

from collections import Counter

import pytest

from falcolab.fields.audit import AUDIT, JSON
from falcolab.fields.container import CONTAINER
from falcolab.fields.descriptor import DESCRIPTOR, FS_PATH
from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.fields.field import Field
from falcolab.fields.generic import GENERIC
from falcolab.fields.process import PROCESS
from falcolab.fields.syscall_event import SYSCALL_EVENT
from falcolab.fields.types import Kind
from falcolab.fields.user import USER

SYSCALL = (*GENERIC, *SYSCALL_EVENT, *PROCESS, *USER, *DESCRIPTOR, *FS_PATH, *CONTAINER)
K8S_AUDIT = (*GENERIC, *AUDIT, *JSON)
ALL = (*SYSCALL, *AUDIT, *JSON)


@pytest.mark.parametrize("source", [SYSCALL, K8S_AUDIT], ids=["syscall", "k8s_audit"])
def test_no_source_has_a_name_twice(source: tuple[Field, ...]) -> None:
    counts = Counter(field.name for field in source)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("table", "listed", "unlisted"),
    [
        (GENERIC, 18, 0),
        (SYSCALL_EVENT, 36, 22),
        (PROCESS, 87, 0),
        (USER, 8, 0),
        (DESCRIPTOR, 52, 0),
        (FS_PATH, 6, 0),
        (CONTAINER, 61, 0),
        (AUDIT, 100, 0),
        (JSON, 6, 0),
    ],
)
def test_every_table_is_complete(table: tuple[Field, ...], listed: int, unlisted: int) -> None:
    counts = Counter(field.listed for field in table)
    assert (counts[True], counts[False]) == (listed, unlisted)


def test_every_doc_is_one_short_sentence() -> None:
    assert [field.name for field in ALL if not _is_short_sentence(field.doc)] == []


def _is_short_sentence(doc: str) -> bool:
    begins = doc[0].isupper() or doc[0].isdigit() or doc[0] == "`"
    return begins and doc.endswith(".") and ". " not in doc and len(doc) < 140 and 5 <= len(doc.split()) <= 20


def test_no_two_fields_share_a_doc() -> None:
    counts = Counter(field.doc for field in ALL)
    assert [doc for doc, count in counts.items() if count > 1] == []


def test_lists_are_lists_of_strings() -> None:
    assert [field.name for field in ALL if field.is_list and field.type.kind is not Kind.STRING] == []


def test_what_has_no_value_to_print_can_be_neither_transformed_nor_compared_with() -> None:
    valueless = [field for field in ALL if field.condition_only]
    assert len(valueless) == 9
    assert [field.name for field in valueless if field.transformable or field.rhs] == []


def test_what_cannot_be_transformed_cannot_be_compared_with() -> None:
    assert [field.name for field in ALL if field.rhs and not field.transformable] == []


def test_list_of_descriptor_types_can_be_transformed_but_not_compared_with() -> None:
    (types,) = (field for field in DESCRIPTOR if field.name == "fd.types")
    assert (types.is_list, types.transformable, types.rhs) == (True, True, False)


def test_fields_of_any_ancestor_refuse_fields_on_the_right() -> None:
    refusing = {field.name for field in PROCESS if not field.rhs}
    assert refusing == {
        "proc.aexe",
        "proc.aexepath",
        "proc.aname",
        "proc.acmdline",
        "proc.aenv",
        "proc.apid",
    }


def test_deprecated_fields_are_those_that_need_enter_events() -> None:
    deprecated = {field.name for field in ALL if field.deprecated}
    assert deprecated == {
        "evt.dir",
        "evt.latency",
        "evt.latency.s",
        "evt.latency.ns",
        "evt.latency.human",
        "evt.wait_latency",
    }


@pytest.mark.parametrize("field", [field for field in ALL if field.deprecated], ids=lambda field: field.name)
def test_a_deprecation_names_its_field_and_is_not_listed(field: Field) -> None:
    assert field.deprecated is not None
    assert f"`{field.name}" in field.deprecated
    assert not field.listed


def test_metadata_that_falco_no_longer_looks_up_says_so() -> None:
    prefixes = ("k8s.rc.", "k8s.svc.", "k8s.rs.", "k8s.deployment.", "k8s.ns.id", "k8s.ns.label")
    absent = [field for field in CONTAINER if field.name.startswith(prefixes)]
    assert len(absent) == 19
    assert [field.name for field in absent if "always absent" not in field.doc] == []


def test_event_names_are_sorted_and_every_code_has_one() -> None:
    assert list(EVENT_CODES) == sorted(EVENT_CODES)
    assert len(EVENT_CODES) == 194
    assert sum(EVENT_CODES.values()) == 454
    assert min(EVENT_CODES.values()) == 1


def test_system_calls_without_an_event_are_not_event_names() -> None:
    assert len(SYSCALL_NAMES) == 295
    assert SYSCALL_NAMES.isdisjoint(EVENT_CODES)
