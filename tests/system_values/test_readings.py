"""How conditions read fields that mean several values at once."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from falcolab.engine.conditions import compile_text
from falcolab.engine.event import compile_condition, slots_of
from falcolab.fields.catalogue import SYSCALL

A, B, C6 = (
    socket.inet_aton("10.0.0.1"),
    socket.inet_aton("8.8.8.8"),
    socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
)
NAMES = ("bash", "sshd")


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ("proc.aname = sshd", NAMES, True),
        ("proc.aname = init", NAMES, False),
        ("proc.aname != sshd", NAMES, True),
        ("proc.aname != sshd", ("sshd",), False),
        ("proc.aname in (init, bash)", NAMES, True),
        ("not proc.aname in (init, bash)", NAMES, False),
        ("proc.aname startswith ss", NAMES, True),
        ("proc.aname contains allof (s, d)", NAMES, True),
        ("proc.aname contains allof (b, d)", NAMES, False),
        ("proc.aname exists", NAMES, True),
        ("proc.aname exists", None, False),
        ("proc.aname != sshd", None, False),
        ("proc.aname[1] = sshd", "sshd", True),
        ("proc.aname[1] != sshd", "sshd", False),
        ("proc.apid < 10", (20, 5), True),
        ("proc.aenv contains X", ("A=", "X="), True),
        ("proc.aenv[2] contains X", ("A=", "X="), True),
        ("proc.aenv[X] contains y", "xyz", True),
        ("fd.ip = 8.8.8.8", (A, B), True),
        ("fd.ip != 8.8.8.8", (A, B), False),
        ("fd.ip != 1.1.1.1", (A, B), True),
        ("fd.ip != 1.1.1.1", (), False),
        ("fd.ip in (1.1.1.1, 10.0.0.1)", (A, B), True),
        ("fd.ip = 8.8.8.8", (), False),
        ("fd.ip exists", (), True),
        ("fd.ip exists", None, False),
        ("fd.ip = 8.8.8.8", (C6,), False),
        ("fd.ip != 8.8.8.8", (C6,), True),
        ("fd.port = 443", (5000, 443), True),
        ("fd.port != 443", (5000, 443), False),
        ("fd.port < 1024", (5000, 443), True),
        ("fd.port >= 5000", (5000, 443), True),
        ("fd.port in (80, 443)", (5000, 443), True),
        ('fd.net = "10.0.0.0/8"', (A, B), True),
        ('fd.net != "10.0.0.0/8"', (A, B), False),
        ('fd.net in ("1.0.0.0/8", "10.0.0.0/8")', (A, B), False),
        ('fd.net in ("10.0.0.0/8", "1.0.0.0/8")', (A, B), True),
        ('fd.snet in ("1.0.0.0/8", "10.0.0.0/8")', A, True),
        ("fd.sip.name = example.com", ("\0",), False),
        ("fd.sip.name != example.com", ("\0",), True),
        ("fd.sip.name in (a, b)", ("\0",), False),
        ("fd.sip.name != example.com", (), False),
        ("evt.around[5] = 2", 2_000_000, True),
        ("evt.around[5] = 2", 2_000_001, False),
        ("fd.types in (file, unix)", ("file",), True),
        ("fd.types in (file, unix)", (), True),
        ("fd.types intersects (file, unix)", (), False),
        ("fd.types exists", (), True),
    ],
)
def test_an_operator_over_candidates(condition: str, value: Any, holds: bool) -> None:  # noqa: FBT001
    typed = compile_text(condition, SYSCALL)
    assert compile_condition(typed, slots_of(typed))([value]) is holds


def test_transformers_of_several_arguments_take_what_is_shown() -> None:
    typed = compile_text('concat(proc.aname, "-x") = "a b-x" and proc.aname = b', SYSCALL)
    slots = slots_of(typed)
    assert sorted((value.name, value.is_shown) for value in slots) == [
        ("proc.aname", False),
        ("proc.aname", True),
    ]
    row = ["a b" if value.is_shown else ("a", "b") for value in slots]
    assert compile_condition(typed, slots)(row)
