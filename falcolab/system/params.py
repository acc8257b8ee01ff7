"""Reading the parameters of events.

Captures may be damaged or made by an attacker: a parameter that is missing or empty reads as
"not available", and a number has the bytes that are there.
"""

from __future__ import annotations

from falcolab.system.event import Event

NOT_AVAILABLE = b"<NA>"
"""What a text reads as that was not recorded."""

_NULL = b"(NULL)\0"


def signed(event: Event, index: int) -> int | None:
    """A number that may be negative: a result, a descriptor, a process."""
    params = event.params
    if index < len(params) and (value := params[index]):
        return int.from_bytes(value[:8], "little", signed=True)
    return None


def unsigned(event: Event, index: int) -> int | None:
    """A number that is never negative: flags, sizes, users, times."""
    params = event.params
    if index < len(params) and (value := params[index]):
        return int.from_bytes(value[:8], "little")
    return None


def raw(event: Event, index: int) -> bytes:
    """The bytes of a parameter, empty if it was not recorded."""
    return event.params[index] if index < len(event.params) else b""


def text(event: Event, index: int) -> bytes:
    """A string or path, up to its NUL."""
    value = raw(event, index)
    return value.partition(b"\0")[0] if value and value != _NULL else NOT_AVAILABLE


def succeeded(event: Event) -> bool:
    """Whether the call returned a number that is not negative."""
    result = signed(event, 0)
    return result is not None and result >= 0


def strings(value: bytes) -> list[bytes]:
    """A list of strings, each ended by NUL; the last NUL may be missing."""
    value = value.removesuffix(b"\0")
    return value.split(b"\0") if value else []
