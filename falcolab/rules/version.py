"""Versions as Falco writes and compares them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A semantic version: major, minor, patch."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """The version that a text names, or None."""
        match = _SEMVER.fullmatch(text)
        return cls(*map(int, match.groups())) if match else None

    def satisfies(self, required: Version) -> bool:
        """Whether this version will do where ``required`` is asked for: same major, and not older."""
        return self.major == required.major and self >= required


ENGINE = Version(0, 62, 0)
"""The engine version that falcolab implements: that of Falco 0.44."""
