"""The rules of the daemon: loaded from files, loaded again when these change or when told to."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from capture.daemon.troubles import Troubles
from falcolab.errors import FalcolabError
from falcolab.rules.loader import load_rules
from falcolab.rules.priority import Priority
from falcolab.rules.ruleset import Rule, Ruleset
from falcolab.rules.selection import select
from falcolab.rules.suggested import with_suggested

_LOG = logging.getLogger(__name__)
RULES = "rules"
"""The trouble of rules that cannot be used."""


class RuleFiles:
    """Files and folders with rules.

    Args:
        paths: in order.
        min_priority: less severe rules stay off.
        append_suggested: whether Falco's fields of containers and pods are appended to outputs.
    """

    def __init__(self, paths: Sequence[Path], min_priority: Priority, *, append_suggested: bool) -> None:
        self._paths, self._min_priority, self._append = tuple(paths), min_priority, append_suggested

    def load(self) -> Ruleset:
        """The rules, as selected.

        Raises:
            InputError, RulesError: the files cannot be read, or Falco would refuse them.
        """
        return select(load_rules(*self._paths), (), self._min_priority)

    def enabled(self, ruleset: Ruleset) -> list[Rule]:
        """The rules to judge by, in order."""
        rules = ruleset.enabled(None)
        return [with_suggested(rule) for rule in rules] if self._append else list(rules)

    def digest(self) -> str:
        """Changes with the names and contents of the files; what cannot be read counts as empty."""
        digest = hashlib.sha256()
        for file in self._files():
            try:
                content = file.read_bytes()
            except OSError:
                content = b""
            digest.update(f"{file}\0{len(content)}\0".encode(errors="surrogateescape") + content)
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        for path in self._paths:
            try:
                yield from sorted(path.iterdir()) if path.is_dir() else [path]
            except OSError:
                yield path


class LiveRules:
    """What is judged by, and what became of the last try to change it.

    Args:
        files: with the rules.
        registry: for what is counted.
        troubles: told when a change is refused.

    Attributes:
        ruleset: the rules in use, as selected.

    Raises:
        InputError, RulesError: there are none to begin with.
    """

    def __init__(self, files: RuleFiles, registry: CollectorRegistry, troubles: Troubles) -> None:
        self._files, self._troubles = files, troubles
        self._reloads = Counter("falcolab_rules_reloads", "Changes of the rules.", registry=registry)
        troubles.watch(RULES)
        self._seen = files.digest()
        self.ruleset = files.load()

    def enabled(self) -> list[Rule]:
        """The rules to judge by, in order."""
        return self._files.enabled(self.ruleset)

    def reload(self) -> bool:
        """Load files that have changed, unless one is bad; true if there are new rules."""
        digest = self._files.digest()
        if digest == self._seen:
            return False
        self._seen = digest
        try:
            self.ruleset = self._files.load()
        except FalcolabError as error:
            self._troubles.begin(RULES, f"they stay as they were: {error}")
            return False
        self._reloads.inc()
        self._troubles.end(RULES)
        _LOG.info("%d rules are in use", len(self.enabled()))
        return True
