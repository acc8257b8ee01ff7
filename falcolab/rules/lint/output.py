"""FL010: outputs that ask for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from falcolab.lang.scanner import Scanner
from falcolab.rules.lint.subject import Problem, Subject

_CONTAINER_INFO = "%container.info"


def container_info(subject: Subject) -> Iterator[Problem]:
    """FL010: ``%container.info``, which Falco replaces by nothing."""
    for rule in subject.collector.rules.values():
        index = rule.output.find(_CONTAINER_INFO)
        if index >= 0:
            place = rule.output_context.in_condition(Scanner(rule.output, index).pos, rule.output)
            message = f"{_CONTAINER_INFO} prints nothing"
            hint = f"remove {_CONTAINER_INFO}; Falco adds the container's id, name and image by itself"
            yield Problem(message, place, hint)
