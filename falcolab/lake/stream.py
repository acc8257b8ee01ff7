"""The bytes of a capture on their way in: uncompressed, and digested as they pass."""

from __future__ import annotations

import gzip
import hashlib
import io
from typing import IO, Any

_GZIP_MAGIC = b"\x1f\x8b"


class DigestingStream(io.RawIOBase):
    """A stream that remembers the digest of what was read from it."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; gives how far."""
        data = self._stream.read(len(buffer))
        self._sha256.update(data)
        buffer[: len(data)] = data
        return len(data)

    def digest(self) -> str:
        """The SHA-256 of what has been read."""
        return self._sha256.hexdigest()


def uncompressed(stream: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """The stream, or what gzip has made it from."""
    buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.peek(2)[:2]  # type: ignore[attr-defined]
    return gzip.GzipFile(fileobj=buffered) if head == _GZIP_MAGIC else buffered
