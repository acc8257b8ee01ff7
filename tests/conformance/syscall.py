"""Syscall conditions: which of them compile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.errors import LanguageError
from tests.conformance.outcome import Outcome, compare


def compiled(data: Path) -> Iterator[Outcome]:
    """Every condition: whether it is refused, and in Falco's words where these are recorded."""
    for line in (data / "conditions_syscall.jsonl").read_text().splitlines():
        case = json.loads(line)
        ours = _refusal(case["condition"])
        theirs = case.get("message", "") if "error" in case else None
        recorded = theirs is None or bool(theirs)
        yield compare(case["condition"], ours if recorded else ours is None, theirs if recorded else False)


def _refusal(condition: str) -> str | None:
    try:
        compile_text(condition, SYSCALL)
    except LanguageError as error:
        return error.message
    return None
