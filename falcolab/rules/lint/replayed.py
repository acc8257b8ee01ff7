"""FL012: fields that tell nothing when a recording is replayed."""

from __future__ import annotations

from collections.abc import Iterator

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.unsupported import UNSUPPORTED
from falcolab.lang.ast import fields
from falcolab.rules.lint.subject import Problem, Subject

_KNOWN = SOURCES[SYSCALL].fields


def without_value(subject: Subject) -> Iterator[Problem]:
    """FL012: a condition that asks a field which has no value in a replay."""
    for written in subject.conditions:
        for clause in written.clauses:
            for name in dict.fromkeys(found.name for found in fields(clause.full)):
                # Falco itself warns of deprecated fields.
                if name in UNSUPPORTED and not (name in _KNOWN and _KNOWN[name].deprecated):
                    message = f"{name} tells nothing in a replay: {UNSUPPORTED[name]}"
                    hint = "a replay says less about this clause than a live Falco will"
                    yield Problem(message, written.at(clause.pos), hint)
