"""Which containers need not be asked for: asked for already, or unknown a moment ago."""

from __future__ import annotations

import math
import threading
import time


class Memory:
    """Remembers containers by their short ids; the oldest are forgotten first. Threads share it.

    Args:
        size: how many are remembered.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def begin(self, container_id: bytes) -> bool:
        """Whether it is time to ask for a container; from now on it is asked for."""
        if self._until.get(container_id, 0.0) > time.monotonic():
            return False
        return self._remember(container_id, math.inf)

    def rest(self, container_id: bytes, seconds: float) -> None:
        """Nobody knows the container: for so long it is not asked for."""
        self._remember(container_id, time.monotonic() + seconds)

    def _remember(self, container_id: bytes, until: float) -> bool:
        """Whether that is news."""
        with self._lock:
            if self._until.pop(container_id, 0.0) == until:
                self._until[container_id] = until
                return False
            self._until[container_id] = until
            if len(self._until) > self._size:
                del self._until[next(iter(self._until))]
            return True

    def forget(self, container_id: bytes) -> None:
        """The container may be asked for at once."""
        with self._lock:
            self._until.pop(container_id, None)

    def __contains__(self, container_id: bytes) -> bool:
        return container_id in self._until

    def __len__(self) -> int:
        return len(self._until)
