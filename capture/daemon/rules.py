"""The rules of the daemon: loaded from files, loaded again when these change or when told to."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from falcolab.errors import FalcolabError
from falcolab.rules.loader import load_rules
from falcolab.rules.priority import Priority
from falcolab.rules.ruleset import Rule, Ruleset
from falcolab.rules.selection import select
from falcolab.rules.suggested import with_suggested

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules that are in use.

    Attributes:
        ruleset: those of the files.
        digest: of the files' contents.
    """

    ruleset: Ruleset
    digest: str


class LiveRules:
    """What is judged by, and what became of the last try to change it.

    Args:
        paths: files and folders, in order.
        min_priority: less severe rules stay off.
        append_suggested: whether Falco's fields of containers and pods are appended to outputs.
        first: whether only the first rule that holds counts for an event.

    Attributes:
        problem: why the last change was refused; empty when it was not.
        reloads: how often the rules were replaced; ``refused`` how often they were not.

    Raises:
        InputError, RulesError: there are none to begin with.
    """

    def __init__(
        self, paths: Sequence[Path], min_priority: Priority, *, append_suggested: bool, first: bool = True
    ) -> None:
        self._paths, self._min_priority, self._append = tuple(paths), min_priority, append_suggested
        self.problem, self.first = "", first
        self.reloads = self.refused = 0
        self._loaded = self._load()
        self._seen = self._loaded.digest

    @property
    def ruleset(self) -> Ruleset:
        """The rules of the files, as selected."""
        return self._loaded.ruleset

    def enabled(self) -> list[Rule]:
        """The rules to judge by, in order."""
        rules = self._loaded.ruleset.enabled(None)
        return [with_suggested(rule) for rule in rules] if self._append else list(rules)

    def reload(self) -> bool:
        """Load files that have changed, unless one is bad; true if there are new rules."""
        digest = _digest(self._paths)
        if digest == self._seen:
            return False
        self._seen = digest
        try:
            self._loaded = self._load()
        except FalcolabError as error:
            self.refused, self.problem = self.refused + 1, str(error)
            _LOG.error("the rules stay as they are: %s", error)
            return False
        self.reloads, self.problem = self.reloads + 1, ""
        _LOG.info("%d rules are in use", len(self.enabled()))
        return True

    def _load(self) -> Loaded:
        digest = _digest(self._paths)
        ruleset = select(load_rules(*self._paths), (), self._min_priority)
        return Loaded(ruleset, digest)


def _digest(paths: Sequence[Path]) -> str:
    """Changes with the names and contents of rules files; what cannot be read counts as empty."""
    digest = hashlib.sha256()
    for file in _files(paths):
        try:
            content = file.read_bytes()
        except OSError:
            content = b""
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.iterdir()) if path.is_dir() else [path]
