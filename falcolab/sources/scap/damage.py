"""Why a capture cannot be read any further."""

from __future__ import annotations


class DamagedError(Exception):
    """The bytes are not those of a capture; its text says in what way.

    It never leaves ``falcolab.sources.scap``: before the first event it becomes an ``InputError``,
    later the ``Ending`` of the capture.
    """


class TruncatedError(DamagedError):
    """The file stops in the middle of something."""
