"""Lints: mistakes in rules that Falco accepts without a word.

To add a lint, write a function from :class:`Subject` to problems, add its line to
``LINTS``, a page under ``docs/lints`` and a fixture under ``tests/lint``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from falcolab.rules.lint import (
    appended,
    audit,
    exceptions,
    names,
    never,
    output,
    redundant,
    replayed,
    shadowed,
    skipped,
)
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.work import ExhaustedError
from falcolab.rules.loader import Loaded
from falcolab.rules.result import Context, Finding

__all__ = ["GAVE_UP", "LINTS", "Lint", "Problem", "Subject", "lint"]


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint.

    Attributes:
        code: as it appears in findings.
        title: what it finds, in a few words.
        description: why that is a mistake.
        find: from the items of some files to problems.
    """

    code: str
    title: str
    description: str
    find: Callable[[Subject], Iterable[Problem]]


LINTS = (
    Lint(
        "FL001",
        "macro as a value",
        "A macro's name among values is not expanded; Falco compares with the name itself.",
        names.macro_as_value,
    ),
    Lint(
        "FL002",
        "undefined list",
        "A name that is no list is compared as plain text; Falco does not report it.",
        names.undefined_list,
    ),
    Lint(
        "FL003",
        "subresource in a resource",
        "Audit events name the subresource in a field of its own, so 'pods/exec' equals no resource.",
        audit.subresource_in_resource,
    ),
    Lint(
        "FL004",
        "create without get",
        "Newer clients open exec, attach and port-forward with GET, which is no 'create'.",
        audit.create_without_get,
    ),
    Lint(
        "FL005",
        "append to an or",
        "Appended text is joined without parentheses, and 'and' binds tighter than 'or'.",
        appended.binds_to_last,
    ),
    Lint("FL006", "never true", "A condition that contradicts itself matches no event.", never.never_true),
    Lint(
        "FL007",
        "superfluous clause",
        "A clause that changes nothing hides what is meant.",
        redundant.redundant,
    ),
    Lint(
        "FL008",
        "shadowed rule",
        "Under first-match an event goes to the first rule that matches, and to no other.",
        shadowed.shadowed,
    ),
    Lint(
        "FL009",
        "exception without effect",
        "An exception's row that matches nothing silences no alert.",
        exceptions.row_without_match,
    ),
    Lint(
        "FL010",
        "%container.info",
        "The placeholder is deprecated and is replaced by nothing.",
        output.container_info,
    ),
    Lint(
        "FL011",
        "skipped rule would not compile",
        "Falco does not look into a rule of a source that it does not know, until the plugin is loaded.",
        skipped.would_not_compile,
    ),
    Lint(
        "FL012",
        "field without a value in a replay",
        "Some fields are only known where Falco runs, so that a replay cannot judge them.",
        replayed.without_value,
    ),
)
"""Every lint, by code."""


GAVE_UP = "FL000"
"""Says that a lint has not looked at everything; only files that are made to be slow get it."""


def lint(loaded: Loaded) -> list[Finding]:
    """The findings of all lints, by file in load order, then by line; also for files with errors."""
    subject = Subject(loaded)
    findings = dict.fromkeys(finding for each in LINTS for finding in _findings(each, subject))
    files = {result.name: position for position, result in enumerate(loaded.results)}
    return sorted(findings, key=lambda finding: _place(finding, files))


def _findings(each: Lint, subject: Subject) -> Iterator[Finding]:
    subject.work.refill()
    try:
        for problem in each.find(subject):
            yield Finding(each.code, problem.message, problem.context, each.description, problem.hint)
    except ExhaustedError:
        message = f"{each.code} ({each.title}) has given up: there is too much to compare"
        context = Context.of_file(subject.loaded.results[0].name)
        yield Finding(GAVE_UP, message, context, "The rules are too large for this lint.")


def _place(finding: Finding, files: dict[str, int]) -> tuple[int, int, int, str]:
    context = finding.context
    return files[context.file], context.item.mark.line, context.locations[-1].mark.offset, finding.code
