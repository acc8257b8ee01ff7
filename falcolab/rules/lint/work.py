"""How much a lint may compare, so that no file keeps it busy for long."""

from __future__ import annotations

MAX_STEPS = 1_000_000
"""Comparisons per lint, of about a microsecond each; real rules files need a small part of them."""


class ExhaustedError(Exception):
    """A lint has done as much as it may."""


class Work:
    """The steps that are left."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def refill(self) -> None:
        """Begin anew, for the next lint."""
        self.left = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        Raises:
            ExhaustedError: there are not so many.
        """
        self.left -= steps
        if self.left < 0:
            raise ExhaustedError
