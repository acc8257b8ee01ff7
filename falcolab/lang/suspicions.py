"""Constants that compile but look like a mistake.

The heuristics are Falco's (``check_value_and_add_warnings`` of ``userspace/libsinsp/filter.cpp``
of falcosecurity/libs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from falcolab.fields.catalogue import Source
from falcolab.lang.ast import FieldRef, Pos
from falcolab.lang.checks import CheckParser
from falcolab.lang.errors import LanguageError
from falcolab.lang.fields import field_value
from falcolab.lang.operators import Operator
from falcolab.lang.scanner import Scanner
from falcolab.lang.transformers import TRANSFORMER_NAMES

_CALLS = tuple(f"{name}(" for name in ("val", *TRANSFORMER_NAMES))
_SPECIAL = frozenset(".+*?^$()[]{}|\\")
_SIMPLER = "'=', 'contains', 'startswith', 'endswith'"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something that compiles but looks like a mistake."""

    message: str
    pos: Pos


def suspicions(source: Source, operator: Operator, text: str, pos: Pos) -> Iterator[Suspicion]:
    """What looks wrong with a constant on the right of an operator."""
    if operator.name == "regex" and _is_simple(text):
        yield Suspicion(
            f"regex check with '{text}' may be optimized with simpler operators such as {_SIMPLER}", pos
        )
    if "." not in text and not text.endswith(")"):
        return
    packed = "".join(text.split())
    if _is_field(source, packed):
        yield Suspicion(f"'{text}' may be a valid field misused as a const string value", pos)
    if packed.startswith(_CALLS) and packed.endswith(")"):
        yield Suspicion(f"'{text}' may be a valid field transformer misused as a const string value", pos)


def _is_simple(regex: str) -> bool:
    """Whether only what a prefix, a suffix or both would do as well makes it a regex."""
    middle = regex.removeprefix("^").removesuffix("$")
    if len(regex) > 1 and regex[0] == "." and regex[1] in "+*?":
        middle = middle[2:]
    if len(middle) > 1 and regex[-2:-1] == "." and regex[-1] in "+*?":
        middle = middle[:-2]
    return not _SPECIAL.intersection(middle)


def _is_field(source: Source, text: str) -> bool:
    scan = Scanner(text)
    try:
        operand = CheckParser(scan).operand()
        if isinstance(operand, FieldRef) and scan.at_end():
            field_value(source, operand.name, operand.arg)
            return True
    except LanguageError:
        return False
    return False
