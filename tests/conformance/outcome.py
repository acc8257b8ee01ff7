"""The outcome of one question that was put to Falco and to falcolab."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question.

    Attributes:
        case: which one.
        problem: how the answers differ, or None when they agree.
        reason: why they must differ, for differences that the docs explain.
    """

    case: str
    problem: str | None = None
    reason: str | None = None


def compare(case: str, ours: Any, falcos: Any) -> Outcome:
    """The outcome for two answers."""
    return (
        Outcome(case) if ours == falcos else Outcome(case, f"we say {_short(ours)}, Falco {_short(falcos)}")
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 400 else text[:397] + "..."


def digest(keys: Iterable[str]) -> str:
    """The digest under which the matching events of a condition are recorded."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
