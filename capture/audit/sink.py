"""What the daemon gives to the audit intake: a place for events, and one for what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from falcolab.errors import FalcolabError

UNSTORABLE = (OSError, FalcolabError)
"""What a sink or a quarantine raises when it cannot store anything now, as on a full disk."""


class Busy(Exception):  # noqa: N818 (no error: the events are as welcome a moment later)
    """The sink has no room; nothing of what was offered has been taken.

    Args:
        retry_after: when to offer it again, in seconds from now.
    """

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__(f"busy; again in {retry_after:g} s")
        self.retry_after = retry_after


class Sink(Protocol):
    """Takes events for good. It is called by one thread at a time, though not always the same one."""

    def accept(self, events: Sequence[bytes], /) -> None:
        """Make events durable; on return they are, all of them.

        Args:
            events: each the JSON text of one audit event, of any stage, on one line. An item of an
                ``EventList`` comes as it was sent: without ``kind`` and ``apiVersion``.

        Raises:
            Busy: there is no room; none has been taken.
            OSError, FalcolabError: they cannot be stored now (a full disk); none counts as taken.
        """


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that came where an audit event should be.

    Attributes:
        source: path of the log, or ``webhook``.
        offset: of its first byte, in the file or in the body of the request.
        reason: why it is no event.
        content: its bytes, of long ones the first 64 KiB. An attacker may have written them.
    """

    source: str
    offset: int
    reason: str
    content: bytes


class Quarantine(Protocol):
    """Keeps what is no event. After a crash it may get the same thing again."""

    def __call__(self, item: Quarantined, /) -> None:
        """Keep it.

        Raises:
            OSError, FalcolabError: it cannot be stored now; it will be offered again.
        """
