"""Times and sizes on command lines: 7d, 90s, 10G."""

from __future__ import annotations

import re

from falcolab.errors import InputError

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def seconds_of(option: str, text: str) -> float:
    """A length of time in seconds.

    Raises:
        InputError: the text is none.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw])", text, re.ASCII)
    if found is None:
        raise InputError(f"{option} {text}: no length of time; write it as 7d, 12h, 30m or 90s")
    return float(found[1]) * _SECONDS[found[2]]


def bytes_of(option: str, text: str) -> int:
    """A number of bytes; K, M, G and T count by 1,024, with or without ``iB`` or ``B`` behind them.

    Raises:
        InputError: the text is none.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)(?:i?B)?", text, re.ASCII | re.IGNORECASE)
    if found is None:
        raise InputError(f"{option} {text}: no size; write it as 10G, 500M or a number of bytes")
    return round(float(found[1]) * _BYTES[found[2].upper()])
