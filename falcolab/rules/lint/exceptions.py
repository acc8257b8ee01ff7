"""FL009: value rows of exceptions that match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from falcolab.fields.catalogue import SOURCES
from falcolab.lang.ast import And, Check, FieldRef
from falcolab.lang.operators import OPERATORS
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.formula import Formula, joined
from falcolab.rules.lint.logic import explanation
from falcolab.rules.lint.subject import Problem, Row, Subject
from falcolab.rules.lint.written import values_of

_EXACT = frozenset({"=", "==", "in", "intersects", "startswith", "endswith"})
_FREE_TEXT = (
    *("proc.cmdline", "proc.pcmdline", "proc.acmdline", "proc.args"),
    *("evt.", "jevt.", "json.", "ka.req", "ka.uri"),
)
"""Fields whose values may well begin and end with quotes."""

_QUOTES = "\"'"


def row_without_match(subject: Subject) -> Iterator[Problem]:
    """FL009: a row that contradicts the rule or itself, or that compares what cannot be equal."""
    for rule in subject.collector.rules.values():
        if not any(exception.values for exception in rule.exceptions):
            continue
        base = _base(rule, subject)
        for row in subject.rows(rule):
            yield from _contradiction(row, base, subject)
            for clause in row.written.clauses:
                yield from _single(row, clause.full)


def _base(rule: RuleItem, subject: Subject) -> Formula | None:
    """The rule's condition, unless it has no use for exceptions because it is never true."""
    written = subject.rules.get(rule.name)
    node = subject.formula(written) if written else None
    return None if node is None or subject.logic.conflict(node) else node


def _contradiction(row: Row, base: Formula | None, subject: Subject) -> Iterator[Problem]:
    node = subject.formula(row.written)
    if node is None:
        return
    found = subject.logic.conflict(node)
    if found is None and base is not None:
        found = subject.logic.conflict(joined(And, [base, node]))
    if found:
        yield _problem(row, explanation(found), "correct the row or remove it")


def _single(row: Row, check: Any) -> Iterator[Problem]:
    if not isinstance(check, Check) or not isinstance(check.left, FieldRef):
        return
    name = check.left.name
    if _is_list(name) and not OPERATORS[check.operator].on_lists:
        reason = f"{name} has a list of values, and `{check.operator}` does not compare lists"
        yield _problem(row, reason, "use `in` or `intersects` for this field under `comps`")
    quoted = next((value for value in values_of(check) if _is_quoted(value)), None)
    if quoted is not None and check.operator in _EXACT and not name.startswith(_FREE_TEXT):
        reason = f"the quotes are part of the value {quoted}"
        yield _problem(row, reason, "remove the inner quotes; Falco adds quotes where it needs them")


def _is_list(name: str) -> bool:
    return any(found[0].is_list for source in SOURCES.values() if (found := source.find(name)))


def _is_quoted(value: str) -> bool:
    return len(value) > 2 and value[0] in _QUOTES and value[-1] == value[0]


def _problem(row: Row, reason: str, hint: str) -> Problem:
    message = f"the row {row.text} of exception '{row.exception.name}' matches nothing: {reason}"
    return Problem(message, row.exception.context, hint)
