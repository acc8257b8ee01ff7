"""FL011: rules of sources that Falco does not know, and would not compile if it did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from falcolab.fields.catalogue import SOURCES
from falcolab.rules.compiler import RuleCompiler
from falcolab.rules.items import RuleItem
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.result import FileResult, Finding

_MACRO = 20
"""The steps that compiling a macro once more is worth."""


def would_not_compile(subject: Subject) -> Iterator[Problem]:
    """FL011: what Falco will say of a skipped rule, once it is not skipped any more."""
    rules = subject.collector.rules.values()
    skipped = [rule for rule in rules if rule.unknown_source and rule.source in SOURCES]
    while skipped:
        error = _first_error(skipped, subject)
        failed = _position(error, skipped) if error is not None else None
        if error is None or failed is None:
            return
        known = f"once the source {skipped[failed].source} is known"
        message = f"skipped now, but {known}, Falco refuses the file: {error.message}"
        yield Problem(message, error.context, error.hint or "correct it before the plugin is loaded")
        skipped = skipped[failed + 1 :]


def _first_error(rules: list[RuleItem], subject: Subject) -> Finding | None:
    """Why some rules do not compile: the first of them that does not, or a macro."""
    collector, result = subject.collector, FileResult("")
    subject.work.spend(_MACRO * len(collector.macros))
    items = {rule.name: replace(rule, unknown_source=False) for rule in rules}
    RuleCompiler(replace(collector, rules=items), result).compile()
    return next(iter(result.errors), None)


def _position(error: Finding, rules: list[RuleItem]) -> int | None:
    """Which rule an error is about; None for one of a macro, which Falco reports itself."""
    named = {step.item_name for step in error.context.locations if step.item_type == "rule"}
    return next((index for index, rule in enumerate(rules) if rule.name in named), None)
