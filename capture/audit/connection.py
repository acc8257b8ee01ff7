"""One connection of the server: uvicorn's, which learns here who the client is, and not to wait for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long the head of a request, or what is left of the one before, may take to come, in seconds."""


class Connection(H11Protocol):
    """A connection whose requests carry ``state["client_name"]``.

    That is the common name in the client's certificate, which has been checked; None without one.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take down who the client is; the time for a request begins to run."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "client_name": _client_name(transport)}
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Go on reading; a head that has begun has to come to an end."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Go on with the next request; its head may have begun before the answer was ready.

        The rest of a body that was answered before its end is read and thrown away for a while, since
        a client that is cut off while it sends does not see the answer.
        """
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self) -> None:
        has_begun = self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]
        is_answered = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        if has_begun or is_answered:
            self._expect_head()
        else:
            self._stop_waiting()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _client_name(transport: asyncio.Transport) -> str | None:
    certificate: dict[str, Any] | None = transport.get_extra_info("peercert")
    if not certificate:
        return None
    names = [value for part in certificate["subject"] for key, value in part if key == "commonName"]
    return names[-1] if names else ""
