"""Blocks that wait for the daemon to take them."""

from __future__ import annotations

import threading

MAX_WAITING = 16 * 2**20
"""Bytes that wait at most."""


class Outbox:
    """Blocks in order. Threads share it."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0
        self._lock = threading.Lock()

    def put(self, block: bytes) -> bool:
        """Have a block taken; False if there is no room."""
        with self._lock:
            if self._size + len(block) > MAX_WAITING:
                return False
            self._blocks.append(block)
            self._size += len(block)
            return True

    def take(self) -> list[bytes]:
        """All the blocks, which are then gone."""
        if not self._blocks:  # most of the time; the lock is for the rest
            return []
        with self._lock:
            taken, self._blocks, self._size = self._blocks, [], 0
            return taken
