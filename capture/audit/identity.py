"""Which events have been taken before: the API server sends a whole batch again after a timeout.

An event is known by its whole content, times included, and not just by ``auditID`` and ``stage``.
Clients choose the ``auditID`` of their requests with a header; whoever reuses one would make
events vanish. And an aggregated API server passes it on, so that two different events share it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from hashlib import blake2b

from falcolab.fields.rawjson import BadJsonError, parse_object

RECENT_EVENTS = 2**17
"""Identities kept by default: some 18 MB, and 4 minutes of retries at 500 events per second."""

_BYTES = 16
_TYPE = {"kind", "apiVersion"}


def identity(raw: bytes) -> bytes:
    """What an event is known by: the same for an item of a list and for a line of the log.

    Raises:
        BadJsonError: it is no JSON object.
    """
    members = parse_object(raw)
    digest = blake2b(digest_size=_BYTES)
    for name in sorted(members.keys() - _TYPE):
        digest.update(name.encode(errors="surrogatepass"))
        digest.update(b":")
        digest.update(bytes(members[name]))
    return digest.digest()


class RecentEvents:
    """The identities of the events taken last.

    Args:
        size: how many there may be; then the oldest go.
    """

    def __init__(self, size: int = RECENT_EVENTS) -> None:
        self._size = size
        self._known: set[bytes] = set()
        self._order: deque[bytes] = deque()

    def __contains__(self, event: bytes) -> bool:
        return event in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, event: bytes) -> None:
        """Remember an identity."""
        if event in self._known:
            return
        self._known.add(event)
        self._order.append(event)
        if len(self._order) > self._size:
            self._known.discard(self._order.popleft())

    def rebuild(self, events: Iterable[bytes]) -> None:
        """Remember events of the journal, given as their JSON texts, oldest first.

        Those that are no JSON objects are passed over: nothing that comes can equal them.
        """
        for raw in events:
            try:
                self.add(identity(raw))
            except BadJsonError:
                continue
