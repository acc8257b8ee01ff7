"""The catalogue of attacks as values."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.shared_data import ROOT

FOLDER = ROOT / "datasets/attacks"


@dataclass(frozen=True)
class Request:
    """A request to the API server, as its audit event will tell of it."""

    verb: str
    resource: str
    user: str = "kubernetes-admin"
    subresource: str = ""
    group: str = ""
    namespace: str = "shop"
    target: str = ""
    query: str = ""
    stage: str = "ResponseComplete"
    code: int = 200
    object: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attack:
    """A behaviour, where it is performed, and the rules that it raises.

    Attributes:
        category: the file of the catalogue.
        technique: of MITRE ATT&CK.
        where: ``host``, ``container`` or ``cluster``.
        script: for a shell; or ``command``, which is run as it is.
        options: of podman, for the container.
        entry: whether the command is the container's own program, not one that is added.
        tty: whether it has a terminal.
        needs: programs of the machine without which it cannot be performed.
        kernel: system calls that the kernel must have for the probe to see it.
        request: for the API server.
    """

    id: str
    name: str
    category: str
    technique: str
    rules: frozenset[str]
    where: str = "host"
    script: str = ""
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    entry: bool = False
    tty: bool = False
    needs: tuple[str, ...] = ()
    kernel: tuple[str, ...] = ()
    request: tuple[Request, ...] = ()

    def missing(self, hooked: frozenset[str]) -> str:
        """What this machine lacks for it; empty if nothing."""
        programs = [name for name in self.needs if shutil.which(name) is None]
        calls = [f"{name} in the kernel" for name in self.kernel if name not in hooked]
        return ", ".join(programs + calls)


def read() -> list[Attack]:
    """All attacks, in the order of the files and of their names."""
    return [attack for path in sorted((FOLDER / "catalogue").glob("*.toml")) for attack in _attacks(path)]


def _attacks(path: Path) -> list[Attack]:
    entries = tomllib.loads(path.read_text())["attack"]
    return [_attack(path.stem, entry) for entry in entries]


def _attack(category: str, entry: dict[str, Any]) -> Attack:
    lists = {name: tuple(entry[name]) for name in ("command", "options", "needs", "kernel") if name in entry}
    requests = tuple(Request(**request) for request in entry.get("request", ()))
    rules = frozenset(entry["rules"])
    return Attack(**(entry | lists | {"category": category, "rules": rules, "request": requests}))
