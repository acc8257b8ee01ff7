"""What keeps the probe from running."""

from __future__ import annotations

from falcolab.errors import FalcolabError


class ProbeError(FalcolabError):
    """The probe cannot run on this machine; the text says in one line what is missing and how to get it."""
