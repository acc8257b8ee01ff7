"""Captured strings as values, and as Falco prints them.

A value stands for captured bytes (:mod:`falcolab.lang.strings`); conditions compare it as it
is. What is printed is made harmless first: invalid and unprintable UTF-8 appears as U+FFFD.

Source: ``userspace/libsinsp/utils.cpp`` and ``event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from falcolab.lang.strings import to_bytes
from falcolab.system.paths import sanitized

NOT_AVAILABLE = "<NA>"
"""What stands for a string that was not captured: a value like any other."""

_LEGACY_NULL = b"(NULL)"
_DOTS = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


def c_string(raw: bytes) -> bytes:
    """The bytes up to the first NUL, which ends every string."""
    end = raw.find(b"\0")
    return raw if end < 0 else raw[:end]


def captured(raw: bytes) -> bytes:
    """The string in a parameter: bytes up to NUL; ``<NA>`` for one that was not captured."""
    text = c_string(raw)
    return NOT_AVAILABLE.encode() if not raw or text == _LEGACY_NULL else text


def sanitized_text(value: str) -> str:
    """A value as it is printed."""
    if value.isascii() and value.isprintable():
        return value
    return sanitized(to_bytes(value)).decode()


def dotted(raw: bytes) -> str:
    """A buffer as text: printable ASCII, and a dot for every other byte."""
    return raw.translate(_DOTS).decode("ascii")
