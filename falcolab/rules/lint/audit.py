"""FL003, FL004 and FL011: mistakes of rules on Kubernetes audit events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from falcolab.fields.catalogue import K8S_AUDIT, PLUGINS
from falcolab.lang.ast import Check, FieldRef, Or
from falcolab.rules.lint.formula import Atom, atoms
from falcolab.rules.lint.logic import meeting_places
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import Written, values_of

_RESOURCE, _SUBRESOURCE, _VERB = "ka.target.resource", "ka.target.subresource", "ka.verb"
_MEMBERS = frozenset({"=", "==", "!=", "in", "intersects"})

STREAMS = frozenset({"exec", "attach", "portforward"})
"""The subresources for which newer clients send GET."""


def subresource_in_resource(subject: Subject) -> Iterator[Problem]:
    """FL003: ``pods/exec`` as a resource."""
    for written in subject.conditions:
        for clause in written.clauses:
            check = clause.full
            bad = [value for value in _resources(check) if "/" in value]
            if bad:
                message = f"a resource never has the value {bad[0]}: the subresource is a field of its own"
                yield Problem(message, written.at(clause.pos), f"write `{_split(check)}`")


def _resources(check: object) -> tuple[str, ...]:
    if not isinstance(check, Check) or check.operator not in _MEMBERS:
        return ()
    return values_of(check) if isinstance(check.left, FieldRef) and check.left.name == _RESOURCE else ()


def _split(check: Check) -> str:
    """The check with every ``resource/subresource`` taken apart."""
    values = _resources(check)
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
    for written in [*subject.rules.values(), *_unused_macros(subject)]:
        node = subject.formula(written)
        if node is None or any("get" in _values(atom, _VERB) for atom in atoms(node)):
            continue
        for verb, stream in _pairs(node, ()):
            place, positions = meeting_places((verb, stream))
            wanted = dict.fromkeys((*_values(verb, _VERB), "get"))
            message = f"{verb} misses newer clients, which {_stream(stream)} with the verb get"
            yield Problem(message, place.at(positions[0]), f"write `{_among(_VERB, wanted)}`")


def _unused_macros(subject: Subject) -> list[Written]:
    used = {
        step
        for rule in subject.rules.values()
        for atom in atoms(subject.formula(rule) or Or(()))
        if isinstance(atom, Atom)
        for step, _ in atom.path
    }
    return [macro for macro in subject.macros.values() if macro not in used]


def _values(atom: Atom, field: str) -> tuple[str, ...]:
    """The values that a field must have one of, by this atom."""
    if not atom.positive or atom.meaning.field != field:
        return ()
    return atom.meaning.values or ()


def _asked(atom: Atom) -> list[str]:
    """The streaming subresources that an atom lets through."""
    named = [value.partition("/")[2] for value in _values(atom, _RESOURCE)]
    return [value for value in (*_values(atom, _SUBRESOURCE), *named) if value in STREAMS]


def _stream(atom: Atom) -> str:
    words = {"exec": "exec", "attach": "attach", "portforward": "forward ports"}
    return words[_asked(atom)[0]]


def _pairs(node: Atom | object, above: tuple[Atom, ...]) -> Iterator[tuple[Atom, Atom]]:
    """The atoms that ask for create and for a stream, where both must be true."""
    children = (node,) if isinstance(node, Atom) else getattr(node, "children", ())
    if isinstance(node, Or):
        for child in children:
            yield from _pairs(child, above)
        return
    here = tuple(child for child in children if isinstance(child, Atom))
    known = above + here
    for verb in (atom for atom in known if "create" in _values(atom, _VERB)):
        for stream in filter(_asked, known):
            if verb in here or stream in here:
                yield verb, stream
    for child in children:
        if not isinstance(child, Atom):
            yield from _pairs(child, known)


def plugin_not_required(subject: Subject) -> Iterator[Problem]:
    """FL011: audit rules in files of which none requires the plugin."""
    named = {name for need in subject.collector.plugins for name, _ in need.alternatives}
    if any(name.startswith("k8saudit") for name in named):
        return
    seen: set[str] = set()
    for rule in subject.collector.rules.values():
        if rule.source == K8S_AUDIT and rule.context.file not in seen:
            seen.add(rule.context.file)
            message = "no file requires the plugin k8saudit, and without it Falco skips these rules"
            yield Problem(message, rule.context, _REQUIREMENT)


_REQUIREMENT = "add `- required_plugin_versions: [{}]` at the top of the file".format(
    ", ".join(
        f"{{name: {plugin.name}, version: {'.'.join(map(str, plugin.version))}}}"
        for plugin in PLUGINS
        if plugin.source == K8S_AUDIT
    )
)
