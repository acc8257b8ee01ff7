"""Fields that Falco appends to the output of every rule unless told otherwise: container and pod.

Source: ``append_output`` with ``suggested_output`` in ``falco.yaml``; the fields are those that the
container plugin suggests.
"""

from __future__ import annotations

from dataclasses import replace

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.lang.template import parse_template
from falcolab.rules.ruleset import Rule

SUGGESTED = (
    "container.id",
    "container.name",
    "container.image.repository",
    "container.image.tag",
    "k8s.pod.name",
    "k8s.ns.name",
)
"""The fields for rules on system calls, in Falco's order."""

_TEXT = "".join(f" {name.replace('.', '_')}=%{name}" for name in SUGGESTED)


def with_suggested(rule: Rule) -> Rule:
    """The rule with the suggested fields at the end of its output, if its source has some."""
    if rule.source != SYSCALL:
        return rule
    return replace(rule, output=parse_template(rule.output.text + _TEXT, SOURCES[SYSCALL]))
