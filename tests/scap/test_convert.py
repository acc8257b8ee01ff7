"""Old events in today's form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from falcolab.sources.scap.convert import MAX_STORED, Converter
from falcolab.system.event import Event
from falcolab.system.tables import conversions, event_types
from tests.scap.building import CLOSE, CLOSE_ENTER, event, number, read

TYPES = event_types()
EXECVE_8_ENTER, EXECVE_8, EXECVE_17, EXECVE_18, EXECVE = 12, 13, 283, 288, 293
BPF_ENTER, BPF, BPF_2 = 296, 297, 369
CONNECT_ENTER, CONNECT, SOCKET, PROCEXIT, CONTAINER, SELECT = 22, 23, 19, 16, 228, 85


def one(events: list[Event]) -> Event:
    (found,) = events
    return found


def values(found: Event) -> dict[str, bytes]:
    return {param.name: value for param, value in zip(found.type.params, found.params, strict=True)}


def test_a_close_takes_its_descriptor_from_the_enter_event(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(CLOSE_ENTER, [number(7)]), event(CLOSE, [number(0)]))
    assert values(one(events)) == {"res": number(0), "fd": number(7)}


def test_the_enter_event_is_that_of_the_thread(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(CLOSE_ENTER, [number(7)], tid=1), event(CLOSE, [number(0)], tid=2))
    assert values(one(events)) == {"res": number(0), "fd": number(0)}  # Nothing is known, so Falco says 0.


def test_an_enter_event_serves_once(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(CLOSE_ENTER, [number(7)]), *[event(CLOSE, [number(0)])] * 2)
    assert [each.params[1] for each in events] == [number(7), number(0)]


def test_an_enter_event_of_another_call_ends_the_reading(tmp_path: Path) -> None:
    events, capture = read(
        tmp_path,
        event(CLOSE, [number(0), number(3)]),
        event(6, [number(7), number(1, 4)]),
        event(CLOSE, [number(0)]),
    )
    assert len(events) == 1
    assert capture.ending is not None
    assert capture.ending.reason == "the enter event for 'close' is not the right one: 'read' was found"


def test_an_old_execve_goes_all_the_way(tmp_path: Path) -> None:
    texts = [b"exe\0", b"args\0"]
    params = [number(0), *texts, number(10), number(10), number(1), b"/cwd\0", number(1024)]
    events, _ = read(tmp_path, event(EXECVE_8_ENTER), event(EXECVE_8, params))
    entered, executed = events
    assert (entered.type.name, entered.params) == ("execve", (b"",))
    assert (executed.type.id, len(executed.params)) == (EXECVE, 31)
    found = values(executed)
    assert (found["exe"], found["args"], found["fdlimit"]) == (b"exe\0", b"args\0", number(1024))
    assert {name for name, value in found.items() if not value} >= {
        "comm",
        "env",
        "tty",
        "uid",
        "pgid",
        "filename",
    }


def test_the_filename_comes_from_the_enter_event(tmp_path: Path) -> None:
    params = [b""] * 17
    events, _ = read(tmp_path, event(EXECVE_18, [b"/bin/x\0"]), event(EXECVE_17, params))
    assert [values(each)["filename"] for each in events] == [b"/bin/x\0", b"/bin/x\0"]


def test_todays_enter_events_pass(tmp_path: Path) -> None:
    address = b"\x02\x7f\0\0\x01\x50\0"
    events, _ = read(
        tmp_path, event(CONNECT_ENTER, [number(3), address]), event(CONNECT, [number(0), b"", number(3)])
    )
    assert [each.type.id for each in events] == [CONNECT_ENTER, CONNECT]
    assert values(events[1]) == {"res": number(0), "tuple": b"", "fd": number(3), "addr": address}


def test_values_that_are_not_known_are_zero_or_nobody(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(SOCKET, [number(3)]))
    assert one(events).params == (number(3), number(0, 4), number(0, 4), number(0, 4), number(0, 4))
    converter = Converter(TYPES)
    made = converter.convert(CLOSE, 1, (number(0),))
    assert made == (CLOSE, (number(0), number(0)))


def test_values_are_as_long_as_the_new_parameter(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(BPF_ENTER, [number(-1)]), event(BPF, [b"\0" + number(4)]))
    found = one(events)
    assert (found.type.id, found.params[1]) == (BPF_2, b"\xff\xff\xff\xff")


def test_types_change(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(PROCEXIT), event(SELECT, [number(1)]))
    assert [(each.type.name, len(each.params)) for each in events] == [("procexit", 5), ("select", 1)]


def test_the_first_container_events_become_json(tmp_path: Path) -> None:
    events, _ = read(
        tmp_path, event(1, [number(0, 2)]), event(CONTAINER, [b"c0ffee\0", number(1, 4), b'a"b\0', b"img\0"])
    )
    found = events[1]
    assert (found.type.id, found.params[0][-1:]) == (324, b"\0")
    assert json.loads(found.params[0][:-1]) == {"id": "c0ffee", "type": 1, "name": 'a"b', "image": "img"}


def test_forms_that_never_existed_end_the_reading(tmp_path: Path) -> None:
    events, capture = read(tmp_path, event(CLOSE, []))
    assert events == []
    assert capture.ending is not None
    assert re.search("no form of 'close'", capture.ending.reason)


@pytest.mark.parametrize("row", conversions(), ids=lambda row: f"{row['type']}/{row['nparams']}")
def test_every_row_leads_to_todays_form(row: dict[str, int]) -> None:
    converter = Converter(TYPES)
    params = tuple(b"" for _ in range(row["nparams"]))
    found = converter.convert(row["type"], 1, params)
    if found is not None:
        type_, made = found
        assert "UNUSED" not in TYPES[type_].flags
        assert type_ == 1 or len(made) == len(TYPES[type_].params)


def test_unused_and_old_types_are_dropped(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(17), event(229), event(14), event(CLOSE, [number(0), number(3)]))
    assert [each.type.id for each in events] == [CLOSE]


def test_kept_enter_events_do_not_fill_the_memory() -> None:
    converter = Converter(TYPES)
    value = bytes(2**16 - 1)
    for tid in range(MAX_STORED // len(value) + 100):
        converter.convert(98, tid, (value, number(0, 4)))
    assert converter.convert(99, 0, (number(0),)) == (277, (number(0), b"", b""))
    assert converter.convert(99, tid, (number(0),)) == (277, (number(0), value, number(0, 4)))
