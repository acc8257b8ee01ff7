"""The events of a capture."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from falcolab.sources.scap.blocks import EVENTS
from tests.scap.building import (
    CLOSE,
    GETUID,
    TIME,
    block,
    event,
    event_bytes,
    getuid,
    number,
    read,
)

CONTAINER, ASYNC, NOTIFICATION, RENAME, SETSOCKOPT = 324, 402, 280, 175, 45


@pytest.mark.parametrize("code", list(EVENTS))
def test_blocks_of_every_kind(tmp_path: Path, code: int) -> None:
    kind = EVENTS[code]
    for flags in (0, 1) if kind.has_flags else (None,):
        params = [number(0), number(3)]
        events, capture = read(tmp_path, event(CLOSE, params, code=code, flags=flags, counted=kind.counted))
        (found,) = events
        assert (found.type.id, found.time, found.tid, found.cpu) == (CLOSE, TIME, 10, 3)
        assert (found.params, found.state_only) == ((number(0), number(3)), flags == 1)
        assert capture.ending is not None
        assert capture.ending.is_whole


def test_threads_and_times_have_all_their_bits_and_a_sign(tmp_path: Path) -> None:
    events, _ = read(tmp_path, getuid(0, tid=-2, time=2**64 - 1), getuid(0, tid=2**40))
    assert [(each.tid, each.time) for each in events] == [(-2, -1), (2**40, TIME)]


def test_events_of_newer_types_are_passed_over(tmp_path: Path) -> None:
    events, capture = read(tmp_path, getuid(1), event(454, [b"?"]), event(60000), getuid(2))
    assert [each.params for each in events] == [(number(1, 4),), (number(2, 4),)]
    assert capture.unknown == 2


def test_parameters_that_the_type_does_not_have_are_left_out(tmp_path: Path) -> None:
    (found,), _ = read(tmp_path, event(GETUID, [number(7, 4), b"extra"]))
    assert found.params == (number(7, 4),)


def test_parameters_may_be_missing_or_empty(tmp_path: Path) -> None:
    events, _ = read(tmp_path, event(SETSOCKOPT), event(RENAME, [number(0), b"", b"/x\0"]))
    assert [each.params for each in events] == [(), (number(0), b"", b"/x\0")]


def test_bytes_after_the_event_are_passed_over(tmp_path: Path) -> None:
    body = b"\x03\0" + event_bytes(GETUID, [number(7, 4)]) + b"a comment of the recorder"
    events, capture = read(tmp_path, block(0x216, body), getuid(8))
    assert [each.params for each in events] == [(number(7, 4),), (number(8, 4),)]
    assert capture.ending is not None
    assert capture.ending.is_whole


def test_large_events_have_large_lengths(tmp_path: Path) -> None:
    json = b'{"x":"' + b"y" * 100_000 + b'"}\0'
    large = event(CONTAINER, [json], code=0x221, wide=True)
    flagged = event(CONTAINER, [json], code=0x222, wide=True, flags=1)
    events, _ = read(
        tmp_path, getuid(0), large, flagged, event(ASYNC, [number(3, 4), b"x\0", b"{}"], wide=True)
    )
    assert [each.params for each in events[1:]] == [(json,), (json,), (number(3, 4), b"x\0", b"{}")]
    assert [each.state_only for each in events[1:]] == [False, True, False]


@pytest.mark.parametrize("count", range(4))
def test_the_number_of_parameters_is_found_where_it_is_not_stored(tmp_path: Path, count: int) -> None:
    params = [number(0), b"/from\0", b"/to\0"][:count]
    (found,), _ = read(tmp_path, event(RENAME, params, code=0x204, counted=False))
    assert found.params == tuple(params)


def test_two_types_had_a_wrong_length(tmp_path: Path) -> None:
    body = b"\x03\0" + event_bytes(NOTIFICATION, [b"id\0", b"d\0"], counted=False)
    size = struct.unpack_from("<I", body, 18)[0] + 3
    body = body[:18] + struct.pack("<I", size) + body[22:] + bytes(3)
    (found,), _ = read(tmp_path, block(0x204, body))
    assert found.params == (b"id\0", b"d\0")


def damaged(code: int, body: bytes, length: int | None = None) -> bytes:
    made = block(code, body)
    return made if length is None else made[:4] + struct.pack("<I", length) + made[8:]


GOOD = b"\x03\0" + event_bytes(GETUID, [number(7, 4)])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (damaged(0x216, GOOD, 20), "an event block of only 20 bytes"),
        (damaged(0x216, GOOD, 2**16 + 9), "an event block of 65545 bytes, where 65544 are the most"),
        (damaged(0x221, GOOD, 2**26 + 1), "where 67108864 are the most"),
        (damaged(0x221, GOOD, 2**20), "1048576 bytes should follow and the file has"),
        (
            damaged(0x216, GOOD[:18] + struct.pack("<I", 500) + GOOD[22:]),
            "an event of 500 bytes in a block of",
        ),
        (
            damaged(0x216, GOOD[:24] + struct.pack("<I", 2**31) + GOOD[28:]),
            "2147483648 parameters in an event",
        ),
        (damaged(0x216, GOOD[:28] + b"\xff\xff" + GOOD[30:]), "the parameters are longer than their event"),
        (
            block(0x204, b"\x03\0" + struct.pack("<QqIH", TIME, 1, 29, RENAME) + b"\0\0\0\0\0\0\0"),
            "cannot be told",
        ),
        (
            block(0x204, b"\x03\0" + struct.pack("<QqIH", TIME, 1, 0, RENAME) + bytes(8)),
            "an event of 0 bytes in a block",
        ),
        (event(5, [b""] * 7), r"no form of 'close' \(5\) has 7 parameters"),
    ],
)
def test_damage_ends_the_reading_and_keeps_what_was_read(tmp_path: Path, bad: bytes, message: str) -> None:
    events, capture = read(tmp_path, getuid(1), getuid(2), bad, getuid(3))
    assert [each.params for each in events] == [(number(1, 4),), (number(2, 4),)]
    assert capture.ending is not None
    assert not capture.ending.is_whole
    assert re.search(message, capture.ending.reason), capture.ending.reason
