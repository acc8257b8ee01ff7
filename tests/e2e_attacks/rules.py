"""The official rules, all of them enabled, with a mark in each output that tells which attack it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

import falcolab
from falcolab.rules.ruleset import Rule

FILES = (
    "falco_rules.yaml",
    "falco-incubating_rules.yaml",
    "falco-sandbox_rules.yaml",
    "k8s_audit_rules.yaml",
)
VARIABLE = "FALCOLAB_ATTACK"
_MARKS = {"syscall": f"attack=%proc.env[{VARIABLE}] end", "k8s_audit": "attack=%ka.useragent end"}
QUESTION = "is-it-known"
_KNOWN = {
    "rule": "Container known",
    "desc": "tells that what the runtime says of a container has come",
    "condition": f"evt.type = execve and proc.args = {QUESTION} and container.image.repository exists",
    "output": "known=%container.id",
    "priority": "DEBUG",
}


def files(official: Path, folder: Path) -> list[Path]:
    """The files for the daemon: the official ones, and one that changes what is printed."""
    theirs = [official / name for name in FILES]
    marks = folder / "marks.yaml"
    marks.write_text(yaml.safe_dump([*map(_marked, _all(theirs)), _KNOWN], sort_keys=False))
    return [*theirs, marks]


def _all(paths: list[Path]) -> Iterable[Rule]:
    return falcolab.load_rules(*paths).rules


def _marked(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.name,
        "output": f"| {_MARKS[rule.source]}",
        "enabled": True,
        "override": {"output": "append", "enabled": "replace"},
    }
