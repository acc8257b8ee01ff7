"""FL001 and FL002: names that Falco takes for plain text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from falcolab.lang.ast import Check, FieldRef
from falcolab.lang.eventtypes import EVENT_TYPE_FIELDS
from falcolab.lang.operators import LIST_OPERATORS
from falcolab.lang.printer import to_text
from falcolab.rules.items import Entry
from falcolab.rules.lint.formula import atoms
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Clause, Written, values_of

_COMPARING = frozenset({"in", "intersects", "pmatch", "=", "==", "!="})
_COMPOUND = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+", re.IGNORECASE)

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

FILES = frozenset({"authorized_keys", "authorized_keys2", "known_hosts"})
"""Names of files that only look like names of lists."""

MAX_WORDS = 100
"""More values than these in one check are data, among which names are not looked for."""

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
    return [value for value in named[:MAX_WORDS] if _is_meant(value, check, subject)]


def _is_event_type(check: Check) -> bool:
    """Values of these fields are checked by Falco itself."""
    return isinstance(check.left, FieldRef) and check.left.name in EVENT_TYPE_FIELDS


def _is_macro_only(value: str, subject: Subject) -> bool:
    return value in subject.collector.macros and value not in subject.collector.lists


def _is_meant(name: str, check: Check, subject: Subject) -> bool:
    """Whether the macro is meant: its name is no plausible value, or it tests this very field."""
    tests = _tests(name, subject)
    if any(name in values_of(test) for test in tests):
        return False
    return "_" in name or any(isinstance(test, Check) and test.left == check.left for test in tests)


def _tests(name: str, subject: Subject) -> list[Any]:
    """The checks of a macro, macros inside it in place."""
    macro = subject.macros.get(name)
    node = subject.formula(macro) if macro else None
    return [] if node is None else [atom.clause.full for atom in atoms(node)]


def _macro_hint(name: str, clause: Clause, subject: Subject) -> str:
    tests = _tests(name, subject)
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
    if len(words) > MAX_WORDS:
        return []
    are_names = all(_is_name(word, enough=any) for word in words)
    return [
        word
        for word in words
        if _is_name(word, enough=any if are_names else all) or _nearest(word, subject)
        if word not in collector.macros and written.value_index(clause, word) is not None
    ]


def _is_name(word: str, enough: Callable[[Iterable[bool]], bool]) -> bool:
    """Whether a word is like the name of a list: by its beginning or its end, or by both."""
    if not _COMPOUND.fullmatch(word) or word in FILES:
        return False
    first, *_, last = word.lower().split("_")
    return enough((first in LIST_PREFIXES, last in LIST_SUFFIXES))


def _nearest(word: str, subject: Subject) -> str | None:
    """A list of nearly this name."""
    lists = subject.collector.lists
    if not _COMPOUND.fullmatch(word) or word in FILES:
        return None
    subject.work.spend(2 * len(lists))
    near = difflib.get_close_matches(word, lists, n=1, cutoff=_NEAR)
    return near[0] if near else None
