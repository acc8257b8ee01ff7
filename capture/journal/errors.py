"""What can go wrong with a journal.

``FalcolabError``
    ``JournalError``: the journal cannot be opened, read or written; its text says where.
        ``JournalFullError``: there is no room; what was to be written is not there, not even half of it.
"""

from __future__ import annotations

import errno
from pathlib import Path

from falcolab.errors import FalcolabError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class JournalError(FalcolabError):
    """A journal cannot be opened, read or written."""


class JournalFullError(JournalError):
    """The disk, a quota or a limit of file size leaves no room; appending works again once there is."""


def journal_error(path: Path, error: OSError) -> JournalError:
    """The journal's own error for one of the system."""
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return JournalFullError(f"{path}: no room to write ({reason}); nothing was written")
    return JournalError(f"{path}: {reason}")
