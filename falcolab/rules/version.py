"""Versions as Falco writes and compares them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"\s*\+?([0-9]+)\.\s*\+?([0-9]+)\.\s*\+?([0-9]+)", re.ASCII)

_LARGEST = 2**32 - 1


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
        """The version that a text begins with, or None; like Falco it does not look further."""
        match = _VERSION.match(text)
        return cls(*map(_number, match.groups())) if match else None

    def satisfies(self, required: Version) -> bool:
        """Whether this version will do where ``required`` is asked for: same major, and not older."""
        return self.major == required.major and self >= required


def _number(digits: str) -> int:
    return min(int(digits), _LARGEST) if len(digits) <= 10 else _LARGEST


ENGINE = Version(0, 62, 0)
"""The engine version that falcolab implements: that of Falco 0.44."""
