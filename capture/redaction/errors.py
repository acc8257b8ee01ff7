"""What can go wrong with redaction.

``FalcolabError``
    ``RedactionError``: a pattern is wrong, or something cannot be read and so cannot be cleaned.
"""

from __future__ import annotations

from falcolab.errors import FalcolabError


class RedactionError(FalcolabError):
    """A pattern is wrong, or something cannot be read and so cannot be cleaned; it must not be stored."""
