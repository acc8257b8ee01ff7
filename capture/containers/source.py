"""Who can be asked about containers.

Errors::

    SourceError    a source could not be asked, or gave no sensible answer
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from capture.containers.container import Container

TIMEOUT = 2.0
"""Seconds after which a request counts as failed."""

_SHOWN = 200


class SourceError(Exception):
    """A source could not be asked, or what it said makes no sense; another time it may.

    Args:
        source: its name.
        reason: what was wrong. It may quote the source; of that the beginning is kept, printable.
    """

    def __init__(self, source: str, reason: str) -> None:
        shown = reason if reason.isprintable() else ascii(reason)
        super().__init__(f"{source}: {shown[:_SHOWN]}")


class Source(Protocol):
    """A runtime on this machine. Several threads ask at the same time.

    Attributes:
        name: kind and socket, for messages and metrics.
        socket: where it listens; nothing is asked while that is not there.
    """

    name: str
    socket: Path

    def lookup(self, full_id: str, /) -> Container | None:
        """What the runtime knows of a container; None if it does not know it.

        Args:
            full_id: 64 hexadecimal digits.

        Raises:
            SourceError: it could not be asked.
        """

    def close(self) -> None:
        """Let go of connections."""


class Completion(Protocol):
    """Somebody who knows more of containers that a runtime has told of."""

    name: str

    def complete(self, container: Container, /) -> Container | None:
        """The container with what else is known; the same if nothing is, None if it is not known yet.

        Raises:
            SourceError: it could not be asked.
        """

    def close(self) -> None:
        """Let go of connections."""
