"""FL001 and FL002: names that Falco takes for plain text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from falcolab.lang.ast import Check, FieldRef
from falcolab.lang.eventtypes import EVENT_TYPE_FIELDS
from falcolab.lang.operators import LIST_OPERATORS
from falcolab.lang.printer import to_text
from falcolab.rules.items import Entry
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Clause, Written, values_of

_COMPARING = frozenset({"in", "intersects", "pmatch", "=", "==", "!="})
_COMPOUND = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")

LIST_PREFIXES = frozenset(
    {
        *("allowed", "approved", "authorized", "blocked", "denied", "excluded", "forbidden"),
        *("ignored", "known", "permitted", "safe", "sensitive", "trusted", "whitelisted"),
    }
)
"""First words of names that people give to lists."""

LIST_SUFFIXES = frozenset(
    {
        *("accounts", "addresses", "binaries", "cmds", "commands", "configmaps", "containers", "dirs"),
        *("directories", "domains", "exes", "extensions", "files", "folders", "groups", "hosts"),
        *("images", "ips", "list", "mounts", "names", "namespaces", "networks", "packages", "paths"),
        *("pkgs", "pods", "ports", "processes", "procs", "programs", "registries", "repos"),
        *("repositories", "roles", "secrets", "serviceaccounts", "services", "subnets", "tools"),
        *("users", "verbs"),
    }
)
"""Last words of names that people give to lists."""

_NEAR = 0.85


def macro_as_value(subject: Subject) -> Iterator[Problem]:
    """FL001: a macro's name among the values of a comparison."""
    for written in subject.conditions:
        for clause in written.clauses:
            for value in _macros_in(clause, subject):
                message = f"'{value}' is a macro, but among values it is only this text"
                hint = _macro_hint(value, clause, subject)
                yield Problem(message, written.at_value(clause, value), hint)
    yield from _macros_in_lists(subject)
    yield from _macros_in_exceptions(subject)


def _macros_in(clause: Clause, subject: Subject) -> list[str]:
    check = clause.raw
    if not isinstance(check, Check) or check.operator not in _COMPARING or _is_event_type(check):
        return []
    named = [value for value in dict.fromkeys(values_of(check)) if _is_macro_only(value, subject)]
    return [value for value in named if _is_meant(value, check, subject)]


def _is_event_type(check: Check) -> bool:
    """Values of these fields are checked by Falco itself."""
    return isinstance(check.left, FieldRef) and check.left.name in EVENT_TYPE_FIELDS


def _is_macro_only(value: str, subject: Subject) -> bool:
    return value in subject.collector.macros and value not in subject.collector.lists


def _is_meant(name: str, check: Check, subject: Subject) -> bool:
    """Whether the macro is meant: its name is no plausible value, or it tests this very field."""
    macro = subject.macros.get(name)
    tests = [clause.full for clause in macro.clauses] if macro else []
    if any(name in values_of(test) for test in tests):
        return False
    same_field = any(isinstance(test, Check) and test.left == check.left for test in tests)
    return "_" in name or same_field


def _macro_hint(name: str, clause: Clause, subject: Subject) -> str:
    macro = subject.macros.get(name)
    tests = [inner.raw for inner in macro.clauses] if macro else []
    same = all(isinstance(test, Check) and test.left == clause.raw.left for test in tests)
    if tests and same and len(values_of(clause.raw)) == 1:
        return f"write `{name}` in place of `{to_text(clause.raw)}`, or make '{name}' a list"
    return f"make '{name}' a list, or use the macro as a condition of its own"


def _macros_in_lists(subject: Subject) -> Iterator[Problem]:
    for info in subject.collector.lists.values():
        for value in dict.fromkeys(info.items):
            if "_" in value and _is_macro_only(value, subject):
                message = f"'{value}' is a macro, but as an item of a list it is only this text"
                yield Problem(message, info.context, f"make '{value}' a list, or name its values here")


def _macros_in_exceptions(subject: Subject) -> Iterator[Problem]:
    for rule in subject.collector.rules.values():
        for exception in rule.exceptions:
            for value in dict.fromkeys(text for entry in exception.values for text in _texts(entry)):
                if "_" in value and _is_macro_only(value, subject):
                    message = f"'{value}' is a macro, but as the value of an exception it is only this text"
                    hint = f"make '{value}' a list, or add `and not {value}` to the condition"
                    yield Problem(message, exception.context, hint)


def _texts(entry: Entry) -> Iterator[str]:
    if entry.items is None:
        yield (entry.item or "").strip("() ")
    for part in entry.items or ():
        yield from _texts(part)


def undefined_list(subject: Subject) -> Iterator[Problem]:
    """FL002: a bare word among values that looks like the name of a list that does not exist."""
    for written in subject.conditions:
        for clause in written.clauses:
            for value in _undefined(written, clause, subject):
                near = _nearest(value, subject)
                hint = f"did you mean '{near}'?" if near else f"define the list '{value}', or quote the text"
                message = f"there is no list '{value}', so it is compared as plain text"
                yield Problem(message, written.at_value(clause, value), hint)


def _undefined(written: Written, clause: Clause, subject: Subject) -> list[str]:
    check = clause.raw
    if not isinstance(check, Check) or check.operator not in LIST_OPERATORS or _is_event_type(check):
        return []
    collector = subject.collector
    words = [value for value in dict.fromkeys(values_of(check)) if value not in collector.lists]
    typos = [word for word in words if _COMPOUND.fullmatch(word) and _nearest(word, subject)]
    named = words if all(map(_is_like_a_list, words)) else typos
    return [
        word
        for word in named
        if word not in collector.macros and written.value_index(clause, word) is not None
    ]


def _is_like_a_list(word: str) -> bool:
    if not _COMPOUND.fullmatch(word):
        return False
    first, *_, last = word.split("_")
    return first in LIST_PREFIXES or last in LIST_SUFFIXES


def _nearest(word: str, subject: Subject) -> str | None:
    near = difflib.get_close_matches(word, subject.collector.lists, n=1, cutoff=_NEAR)
    return near[0] if near else None
