"""The way to a source: it is not asked while it is away, and less often while it fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from capture.containers.metrics import Metrics
from capture.containers.source import SourceError

_FIRST_REST = 0.5
_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


class Access:
    """Asks a source, unless it has to rest. Threads share it.

    A source whose socket was never there is no failure: few machines have every runtime. One whose
    socket was there and has gone is.

    Args:
        name: the source's.
        socket: where it listens; None if it is elsewhere.
        metrics: counts its failures.
        longest_rest: seconds; rests begin with half a second and double up to that.
    """

    def __init__(self, name: str, socket: Path | None, metrics: Metrics, longest_rest: float) -> None:
        self.name = name
        self._socket = socket
        self._failed = metrics.failed.labels(name)
        self._longest_rest = longest_rest
        self._lock = threading.Lock()
        self._was_there = False
        self._rest = 0.0
        self._rests_until = 0.0

    def ask(self, question: Callable[[], _T]) -> _T | None:
        """The answer; None if the source was never there.

        Raises:
            SourceError: it could not be asked, or it rests.
        """
        if time.monotonic() < self._rests_until:
            raise SourceError(self.name, "it failed a moment ago and is asked again later")
        try:
            answer = question() if self._is_there() else None
        except SourceError as error:
            self._fail(error)
            raise
        self._recover()
        return answer

    def _is_there(self) -> bool:
        if self._socket is None:
            return True
        try:
            there = self._socket.exists()
        except OSError as error:
            raise SourceError(self.name, f"the socket cannot be looked at: {error.strerror}") from error
        if self._was_there and not there:
            raise SourceError(self.name, "the socket has vanished")
        self._was_there = there
        return there

    def _fail(self, error: SourceError) -> None:
        self._failed.inc()
        with self._lock:
            is_news, self._rest = not self._rest, min(self._rest * 2 or _FIRST_REST, self._longest_rest)
            self._rests_until = time.monotonic() + self._rest
        if is_news:
            _LOG.warning("containers cannot be looked up at %s (it is tried again)", error)

    def _recover(self) -> None:
        with self._lock:
            was_away, self._rest = self._rest > 0, 0.0
        if was_away:
            _LOG.warning("containers can be looked up again at %s", self.name)
