"""Fields of the event itself and of its result."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.event import Event
from falcolab.system.tables import event_types
from tests.system.events import START, event, machine, take
from tests.system_values.fields import compared, in_json, in_text

TIME = 1_600_000_000_012_345_678


def test_the_time_of_an_event() -> None:
    tables = machine()
    first = take(tables, event("close", at=0, res=0, fd=1))
    assert compared("evt.reltime", first, tables) == 0
    later = take(tables, event("close", at=12_345_678, res=0, fd=1))
    assert later.time == TIME
    assert compared("evt.rawtime", later, tables) == TIME
    assert compared("evt.rawtime.s", later, tables) == TIME // 10**9
    assert compared("evt.rawtime.ns", later, tables) == 12_345_678
    assert in_text("evt.rawtime.ns", later, tables) == "012345678"
    assert compared("evt.reltime", later, tables) == 12_345_678
    assert compared("evt.time.iso8601", later, tables) == "2020-09-13T12:26:40.012345678+0000"
    assert compared("evt.time", later, tables).endswith(":26:40.012345678")
    assert compared("evt.time.s", later, tables).endswith(":26:40")
    assert in_json("evt.datetime", later, tables) == TIME
    assert compared(f"evt.around[{START}]", later, tables) == 12_345_678


@pytest.mark.parametrize(
    ("name", "values", "results"),
    [
        ("close", {"res": 0}, (0, "SUCCESS", False, 0)),
        ("close", {"res": -9}, (-9, "EBADF", True, 1)),
        ("close", {"res": -4000}, (-4000, "-4000", True, 1)),
        ("open", {"fd": -2, "name": "/a"}, (-2, "ENOENT", True, 1)),
        ("close", {}, (None, None, None, None)),
        ("procexit", {"status": 256}, (None, None, None, None)),
    ],
)
def test_the_result_of_a_call(name: str, values: dict[str, Any], results: tuple[Any, ...]) -> None:
    tables = machine()
    taken = take(tables, event(name, **values))
    names = ("evt.rawres", "evt.res", "evt.failed", "evt.count.error")
    assert tuple(compared(each, taken, tables) for each in names) == results


def generic(number: int, native: int | None) -> Event:
    params = (number.to_bytes(2, "little"), b"" if native is None else native.to_bytes(2, "little"))
    return Event(event_types()[1], START, 10, 0, params)


@pytest.mark.parametrize(
    ("number", "native", "name"),
    [(3, None, "read"), (0, None, "unknown"), (0, 0, "read"), (0, 9999, "unknown"), (60000, 1, "")],
)
def test_the_name_of_a_call_that_falco_does_not_decode(number: int, native: int | None, name: str) -> None:
    tables = machine()
    taken = take(tables, generic(number, native))
    assert compared("evt.type", taken, tables) == compared("syscall.type", taken, tables) == name
    assert compared("evt.args", taken, tables) == ""
    assert compared("evt.rawres", taken, tables) is None


def test_asynchronous_events_are_named_by_a_parameter() -> None:
    tables = machine()
    taken = take(tables, event("asyncevent", name="container", plugin_id=1))
    assert compared("evt.type", taken, tables) == compared("evt.asynctype", taken, tables) == "container"
    assert compared("evt.is_async", taken, tables) is True
    assert compared("syscall.type", taken, tables) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("evt.type.is.close", 1),
        ("evt.type.is.open", 0),
        ("evt.type.is.5", 1),
        ("evt.type.is.4", 0),
        ("evt.dir", "<"),
        ("evt.category", "unknown"),
        ("evt.is_io", False),
        ("evt.io_dir", None),
        ("evt.buflen", None),
        ("evt.count.exit", 1),
        ("evt.count.error.other", 0),
        ("evt.count.error.file", None),
        ("evt.source", "syscall"),
        ("evt.hostname", ""),
        ("evt.latency.human", "0ns"),
    ],
)
def test_kinds_of_a_close_without_descriptor(field: str, value: Any) -> None:
    tables = machine()
    assert compared(field, take(tables, event("close", res=0, fd=77)), tables) == value


def test_reads_and_writes_are_of_the_category_of_their_descriptor() -> None:
    tables = machine()
    take(tables, event("open", fd=3, name="/dev/log", flags=3))
    wrote = take(tables, event("write", res=4, fd=3, data=b"text", size=4))
    assert compared("evt.category", wrote, tables) == "file"
    assert compared("evt.buflen", wrote, tables) == compared("evt.buflen.file.out", wrote, tables) == 4
    assert compared("evt.buflen.in", wrote, tables) is None
    assert compared("evt.is_syslog", wrote, tables) is True
    assert compared("evt.io_dir", wrote, tables) == "write"
