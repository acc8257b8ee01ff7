"""FL003 and FL004: mistakes of rules on Kubernetes audit events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from falcolab.lang.ast import Check, FieldRef, Or
from falcolab.rules.lint.formula import Atom, Formula, atoms
from falcolab.rules.lint.logic import meeting_places
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Written, values_of

_RESOURCE, _SUBRESOURCE, _VERB = "ka.target.resource", "ka.target.subresource", "ka.verb"
_MEMBERS = frozenset({"=", "==", "!=", "in", "intersects"})
_TEXTUAL = _MEMBERS | {"startswith", "endswith", "contains", "icontains", "glob", "iglob", "pmatch"}

STREAMS = {"exec": "exec", "attach": "attach", "portforward": "forward ports"}
"""The subresources for which newer clients send GET, each with what it is for."""

MAX_KNOWN = 50
"""How many checks of verbs and subresources are paired with each other."""


def subresource_in_resource(subject: Subject) -> Iterator[Problem]:
    """FL003: ``pods/exec`` as a resource."""
    for written in subject.conditions:
        for clause in written.clauses:
            values = _resources(clause.full)
            bad = next((value for value in values if "/" in value), None)
            if bad is not None:
                message = f"no resource is called {bad}: its subresource is a field of its own"
                yield Problem(message, written.at(clause.pos), f"write `{_split(clause.full, values)}`")


def _resources(check: Any) -> tuple[str, ...]:
    if not isinstance(check, Check) or check.operator not in _TEXTUAL:
        return ()
    return values_of(check) if isinstance(check.left, FieldRef) and check.left.name == _RESOURCE else ()


def _split(check: Check, values: tuple[str, ...]) -> str:
    """The check with every ``resource/subresource`` taken apart."""
    subresources: dict[str, list[str]] = {}
    for resource, _, subresource in (value.partition("/") for value in values if "/" in value):
        subresources.setdefault(resource, []).append(subresource)
    whole = [value for value in values if "/" not in value]
    parts = [_among(_RESOURCE, whole)] if whole else []
    for resource, inner in subresources.items():
        both = f"{_RESOURCE}={resource} and {_among(_SUBRESOURCE, inner)}"
        parts.append(both if len(subresources) == 1 and not parts else f"({both})")
    text = " or ".join(parts)
    if check.operator == "!=":
        return f"not ({text})"
    return f"({text})" if len(parts) > 1 else text


def _among(field: str, values: Iterable[str]) -> str:
    chosen = list(dict.fromkeys(values))
    return f"{field}={chosen[0]}" if len(chosen) == 1 else f"{field} in ({', '.join(chosen)})"


def create_without_get(subject: Subject) -> Iterator[Problem]:
    """FL004: ``ka.verb=create`` for exec, attach or port-forward."""
    nodes = {written: subject.formula(written) for written in subject.conditions}
    used = {step for written, node in nodes.items() if not written.is_macro for step in _steps(node)}
    for written, node in nodes.items():
        if node is None or (written.is_macro and written in used):
            continue
        opened = {word for _, stream in _pairs(node, "get", ()) for word in _asked(stream)}
        for verb, stream in _pairs(node, "create", ()):
            if not opened.issuperset(_asked(stream)):
                yield _problem(verb, stream)


def _steps(node: Formula | None) -> Iterator[Written]:
    """The macros and the rule that a formula is made of."""
    for atom in atoms(node) if node is not None else ():
        yield from (written for written, _ in atom.path)


def _problem(verb: Atom, stream: Atom) -> Problem:
    place, positions = meeting_places((verb, stream))
    wanted = dict.fromkeys((*_values(verb, _VERB), "get"))
    action = STREAMS[_asked(stream)[0]]
    message = f"{verb} misses newer clients, which {action} with the verb get"
    return Problem(message, place.at(positions[0]), f"write `{_among(_VERB, wanted)}`")


def _values(atom: Atom, field: str) -> tuple[str, ...]:
    """The values that a field must have one of, by this check."""
    if not atom.positive or atom.meaning.field != field:
        return ()
    return atom.meaning.values or ()


def _asked(atom: Atom) -> list[str]:
    """The streaming subresources that a check lets through."""
    named = [value.partition("/")[2] for value in _values(atom, _RESOURCE)]
    return [value for value in (*_values(atom, _SUBRESOURCE), *named) if value in STREAMS]


def _pairs(node: Formula, word: str, above: tuple[Atom, ...]) -> Iterator[tuple[Atom, Atom]]:
    """The checks that ask for a verb and for a stream, where both must be true."""
    if isinstance(node, Or):
        for child in node.children:
            yield from _pairs(child, word, above)
        return
    children = (node,) if isinstance(node, Atom) else node.children
    checks = [child for child in children if isinstance(child, Atom)]
    here = [check for check in checks if _asked(check) or _values(check, _VERB)]
    known = (*above, *here)[:MAX_KNOWN]
    for verb in (atom for atom in known if word in _values(atom, _VERB)):
        for stream in filter(_asked, known):
            if verb in here or stream in here:
                yield verb, stream
    for child in children:
        if not isinstance(child, Atom):
            yield from _pairs(child, word, known)
