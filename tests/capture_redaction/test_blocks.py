"""Event blocks: programs and processes without secrets, everything else byte by byte as it was."""

from __future__ import annotations

import struct
import timeit
from pathlib import Path
from typing import Any

import pytest

from capture.redaction import BlockRedactor, RedactionError, Redactor
from falcolab.system.tables import event_types
from tests.scap.building import event, getuid, read

EXECVE, EXECVEAT, CLONE, CLONE3 = 293, 331, 223, 335
FORMS: list[dict[str, Any]] = [
    {"code": 0x216},
    {"code": 0x217, "flags": 1},
    {"code": 0x221},
    {"code": 0x222, "flags": 0},
    {"code": 0x204, "counted": False},
    {"code": 0x208, "flags": 0, "counted": False},
]


def started(type_: int, exe: bytes, args: bytes, env: bytes = b"", **form: Any) -> bytes:
    names = [param.name for param in event_types()[type_].params]
    values = {"exe": exe + b"\0", "args": args, "env": env}
    return event(type_, [values.get(name, b"\1\2\3\4") for name in names], **form)


def cleaned(*blocks: bytes) -> bytes:
    return BlockRedactor(Redactor()).blocks(b"".join(blocks))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: hex(form["code"]))
@pytest.mark.parametrize("type_", [EXECVE, EXECVEAT, CLONE, CLONE3])
def test_secrets_go_whatever_the_form(type_: int, form: dict[str, Any]) -> None:
    dirty = started(type_, b"mysql", b"-psecret\0-v\0", b"PATH=/bin\0DB_TOKEN=x\0", **form)
    clean = started(type_, b"mysql", b"-p<redacted>\0-v\0", b"PATH=/bin\0DB_TOKEN=<redacted>\0", **form)
    around = getuid(7, **form) if form.get("counted", True) else getuid(7)
    assert cleaned(around, dirty, around, dirty) == around + clean + around + clean
    assert cleaned(clean) == clean


def test_a_reader_of_captures_finds_all_events(tmp_path: Path) -> None:
    blocks = [getuid(1), started(EXECVE, b"app", b"--token=x\0", b"A=b\0"), getuid(2)]
    events, capture = read(tmp_path, cleaned(*blocks))
    assert [each.type.name for each in events] == ["getuid", "execve", "getuid"]
    assert events[1].params[2] == b"--token=<redacted>\0"
    assert capture.ending is not None
    assert capture.ending.reason == ""


def test_without_secrets_the_same_object_comes_back() -> None:
    chunk = getuid(1) + started(EXECVE, b"ls", b"-l\0", b"A=b\0") + getuid(2)
    assert BlockRedactor(Redactor()).blocks(chunk) is chunk
    assert cleaned() == b""


def test_what_only_looks_like_an_event_stays() -> None:
    """An attacker has a whole event as the name of a file."""
    inner = started(EXECVE, b"app", b"--token=x\0")
    chunk = event(307, [b"\0" * 8, b"\0" * 8, inner, b"\0" * 4, b"\0" * 4, b"\0" * 4, b"\0" * 8])
    assert cleaned(chunk) == chunk


def test_an_event_with_fewer_parameters_than_today_has_nothing_to_hide() -> None:
    chunk = event(EXECVE, [b"\0" * 8, b"app\0"])
    assert cleaned(chunk) == chunk


def test_a_secret_that_grows_fits_all_the_same() -> None:
    args = b"--token=x\0" * 6_000
    (events, _) = struct.unpack("<II", started(EXECVE, b"app", args)[:8])
    chunk = cleaned(started(EXECVE, b"app", args))
    assert events == 0x216
    (size,) = struct.unpack_from("<H", chunk, 10 + 26 + 2 * 2)
    assert size == 0xFFFF
    assert struct.unpack_from("<I", chunk, 4) == struct.unpack("<I", chunk[-4:]) == (len(chunk),)


GOOD = started(EXECVE, b"app", b"--token=x\0")


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (GOOD[:-2], "no multiple of four"),
        (GOOD[:-4], "damaged at byte 0"),
        (GOOD + GOOD[:40], f"damaged at byte {len(GOOD)}"),
        (GOOD + bytes(40) + GOOD, f"damaged at byte {len(GOOD)}"),
        (GOOD[:4] + b"\2" + GOOD[5:], "damaged at byte 0"),
        (GOOD[:32] + b"\xff\xff" + GOOD[34:], "damaged at byte 0"),
        (GOOD[:36] + b"\xff\xff" + GOOD[38:], "damaged at byte 0"),
    ],
)
def test_damaged_blocks_are_refused(chunk: bytes, message: str) -> None:
    with pytest.raises(RedactionError, match=message):
        cleaned(chunk)


def test_a_megabyte_takes_a_few_milliseconds() -> None:
    some = getuid(1) * 20 + event(307, [b"\0" * 8, b"/etc/hosts\0", b"\0" * 40]) * 200
    chunk = (some + started(EXECVE, b"ls", b"-l\0", b"A=b\0" * 100)) * (2**20 // len(some))
    redactor = BlockRedactor(Redactor())
    assert min(timeit.repeat(lambda: redactor.blocks(chunk), number=1, repeat=5)) < 0.05
