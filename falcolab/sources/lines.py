"""The lines of a stream, in bounded memory however long they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

_CHUNK = 2**20


class Lines:
    """Lines without their ends; of a line that is longer than the limit only the beginning.

    Args:
        stream: where they come from.
        limit: how long a line may be, in bytes; the beginning of a longer one is one byte longer.

    Attributes:
        skipped: how many bytes, of lines before the last one given, have not been given.
    """

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.skipped = 0
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        held: list[bytes] = []
        size = excess = 0
        while chunk := self._stream.read(_CHUNK):
            first, *rest = chunk.split(b"\n")
            first, over = first[: self._limit + 1 - size], len(first) - (self._limit + 1 - size)
            held.append(first)
            size += len(first)
            excess += max(over, 0)
            if rest:
                yield b"".join(held)
                self.skipped += excess
                last = rest.pop()
                yield from rest
                held, size, excess = [last], len(last), 0
        if size:
            yield b"".join(held)
