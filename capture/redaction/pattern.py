"""Patterns of secrets: what stands around a value that must not be stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

import re2

from capture.redaction.errors import RedactionError


class Place(Flag):
    """Where a pattern is looked for."""

    ARGUMENTS = auto()
    """Command lines: program and arguments, each ended by a NUL."""

    ENVIRONMENT = auto()
    """Environments: ``NAME=VALUE``, each ended by a NUL."""

    AUDIT = auto()
    """The JSON text of Kubernetes audit events."""

    PROCESS = ARGUMENTS | ENVIRONMENT
    ANYWHERE = ARGUMENTS | ENVIRONMENT | AUDIT


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression whose one group is a secret; what it matches around the group stays.

    It is one of RE2, which takes time in proportion to the text whatever an attacker writes
    there, and sees bytes rather than characters.

    Attributes:
        name: for configuration, metrics and messages.
        text: the expression; it has exactly one capturing group.
        places: where it is looked for.
        program: an expression for names of programs; the pattern then applies to the arguments of
            those alone, also in the text of a shell command. Empty for all.

    Raises:
        RedactionError: the expression is wrong.
    """

    name: str
    text: str
    places: Place = Place.ANYWHERE
    program: str = ""

    def __post_init__(self) -> None:
        groups = compiled(self.name, self.text).groups
        if groups != 1:
            raise RedactionError(
                f"redaction pattern {self.name}: has {groups} groups; the secret must be its only one, "
                "write others as (?:...)"
            )
        if self.program:
            compiled(self.name, self.program)


def compiled(name: str, text: str) -> Any:
    """An expression ready for use on bytes.

    Raises:
        RedactionError: it is none.
    """
    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    try:
        return re2.compile(text.encode("latin-1"), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise RedactionError(f"redaction pattern {name}: no regular expression: {error}") from None
