"""Takes secrets out of command lines, environments and audit events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from capture.redaction.defaults import DEFAULTS
from capture.redaction.pattern import Pattern, Place, compiled

MARKER = b"<redacted>"
"""Stands in the place of a secret."""


class Redactor:
    r"""Replaces secrets by ``<redacted>``; names of options and variables stay.

        redactor = Redactor()
        redactor.arguments(b"--password=hunter2\0-v\0")     # b"--password=<redacted>\0-v\0"

    What holds no secret comes back as the same object, in a few microseconds.

    Args:
        patterns: of secrets.

    Attributes:
        counts: how many secrets each pattern has found.
    """

    def __init__(self, patterns: Iterable[Pattern] = DEFAULTS) -> None:
        self.counts: Counter[str] = Counter()
        every = tuple(patterns)
        self._arguments = _Alternatives(every, Place.ARGUMENTS, self.counts)
        self._environment = _Alternatives(every, Place.ENVIRONMENT, self.counts)
        self._audit = _Alternatives(every, Place.AUDIT, self.counts)
        self._programs = _Programs(every, self.counts)

    def arguments(self, args: bytes, exe: bytes = b"") -> bytes:
        """A command line without secrets.

        Args:
            args: the arguments, each ended by a NUL; the last one need not be.
            exe: the program, as its first argument says; some options are secret for some programs only.
        """
        if not args:
            return args
        line = exe + b"\0" + args
        cleaned = self._arguments.clean(self._programs.clean(line))
        return args if cleaned is line else cleaned.partition(b"\0")[2]

    def environment(self, env: bytes) -> bytes:
        """An environment without secrets.

        Args:
            env: ``NAME=VALUE``, each ended by a NUL; the last one need not be.
        """
        return self._environment.clean(env)

    def audit_text(self, text: bytes) -> bytes:
        """The JSON text of an audit event without what looks like a secret wherever it stands.

        What is secret by its place, such as the data of a Secret, is for ``AuditRedactor``.
        """
        return self._audit.clean(text)


class _Alternatives:
    """All patterns for a place as one expression, so that the usual text without secrets is read once."""

    def __init__(self, patterns: Iterable[Pattern], place: Place, counts: Counter[str]) -> None:
        mine = [each for each in patterns if place in each.places and not each.program]
        self._names = [each.name for each in mine]
        self._counts = counts
        text = "|".join(f"(?:{each.text})" for each in mine)
        self._expression = compiled("together", text) if mine else None

    def clean(self, text: bytes) -> bytes:
        if self._expression is None or self._expression.search(text) is None:
            return text
        cleaned: bytes = self._expression.sub(self._replaced, text)
        return cleaned

    def _replaced(self, match: Any) -> bytes:
        self._counts[self._names[match.lastindex - 1]] += 1
        return _masked(match, match.lastindex)


class _Programs:
    """The patterns for single programs: where a program is called, its own apply to what follows."""

    def __init__(self, patterns: Iterable[Pattern], counts: Counter[str]) -> None:
        mine = [each for each in patterns if each.program and Place.ARGUMENTS in each.places]
        self._counts = counts
        self._any = (
            compiled("programs", _call("|".join(f"(?:{each.program})" for each in mine))) if mine else None
        )
        self._each = [
            (each.name, compiled(each.name, _call(each.program)), compiled(each.name, f"(?s){each.text}"))
            for each in mine
        ]

    def clean(self, line: bytes) -> bytes:
        if self._any is None or self._any.search(line) is None:
            return line
        for name, program, secret in self._each:
            called = program.search(line)
            if called is not None and secret.search(line, called.end(1)) is not None:
                head, tail = line[: called.end(1)], line[called.end(1) :]
                line = head + secret.sub(partial(self._replaced, name), tail)
        return line

    def _replaced(self, name: str, match: Any) -> bytes:
        self._counts[name] += 1
        return _masked(match, 1)


def _call(program: str) -> str:
    """An expression for a call of a program, whose group ends where its arguments begin."""
    return rf"(?:^|[/\x00\s;|&('\"`])({program})[\x00\s]"


def _masked(match: Any, group: int) -> bytes:
    """What was matched, the group masked."""
    whole: bytes = match[0]
    start = match.start()
    return whole[: match.start(group) - start] + MARKER + whole[match.end(group) - start :]
