"""What came where an audit event should be: kept for people to look at, up to a size."""

from __future__ import annotations

import json
import os
from pathlib import Path

from capture.audit.sink import Quarantined
from capture.daemon.troubles import Troubles

QUARANTINE = "quarantine"
"""The trouble of a file that takes no more."""

_MOST = 64 * 2**20


class QuarantineFile:
    """A file of JSON lines, for its owner only.

    Who may send audit events may also send what is none, as much as they like: a full file takes no more.

    Args:
        path: of the file.
        troubles: told when it is full.
        most: bytes that it may have.
    """

    def __init__(self, path: Path, troubles: Troubles, most: int = _MOST) -> None:
        self._path, self._troubles, self._most = path, troubles, most
        troubles.watch(QUARANTINE)

    def put(self, item: Quarantined, /) -> None:
        """Keep something.

        Raises:
            OSError: it cannot be written.
        """
        line = json.dumps(
            {
                "source": item.source,
                "offset": item.offset,
                "reason": item.reason,
                "content": item.content.decode(errors="backslashreplace"),
            }
        )
        with open(self._path, "a", encoding="utf-8", opener=_private) as file:
            if file.tell() + len(line) > self._most:
                self._troubles.begin(
                    QUARANTINE, f"{self._path} is full; remove it when it has been looked at"
                )
                return
            file.write(line + "\n")
        self._troubles.end(QUARANTINE)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
