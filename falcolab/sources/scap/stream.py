"""The bytes of a capture, gzip or not, in a window that moves forward."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import IO

from falcolab.sources.scap.damage import TruncatedError

CHUNK = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


class Stream:
    """A window over the (unpacked) bytes of a file.

    Attributes:
        data: the bytes in the window.
        at: the position of the next byte in ``data``; whoever reads moves it on.
        problem: why the bytes end before the file's proper end; empty while all is well.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.data = b""
        self.at = 0
        self.problem = ""
        self._before = 0
        self._sha256 = hashlib.sha256()
        self._chunks = self._digested(self._read(file))

    def digest(self) -> str:
        """The SHA-256 of the (unpacked) bytes that were read."""
        return self._sha256.hexdigest()

    def _digested(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._sha256.update(chunk)
            yield chunk

    @property
    def offset(self) -> int:
        """The position of the next byte among the unpacked bytes of the file."""
        return self._before + self.at

    def ensure(self, size: int) -> bool:
        """Have at least that many bytes from ``at`` on in the window; false when the file is too short."""
        missing = size - (len(self.data) - self.at)
        if missing <= 0:
            return True
        parts = [self.data[self.at :]]
        self._before += self.at
        self.at = 0
        for chunk in self._chunks:
            parts.append(chunk)
            missing -= len(chunk)
            if missing <= 0:
                break
        self.data = b"".join(parts)
        return missing <= 0

    def take(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            TruncatedError: there are fewer.
        """
        if not self.ensure(size):
            raise self.cut(size)
        taken = self.data[self.at : self.at + size]
        self.at += size
        return taken

    def skip(self, size: int) -> None:
        """Leave out the next bytes, however many.

        Raises:
            TruncatedError: there are fewer.
        """
        while size > CHUNK:
            self.take(CHUNK)
            size -= CHUNK
        self.take(size)

    def cut(self, size: int) -> TruncatedError:
        """The error for when ``size`` bytes should follow and do not."""
        rest = len(self.data) - self.at
        return TruncatedError(self.problem or f"{size} bytes should follow and the file has {rest} more")

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        head = file.read(CHUNK)
        if head.startswith(_GZIP_MAGIC):
            yield from self._inflated(file, head)
            return
        while head:
            yield head
            head = file.read(CHUNK)

    def _inflated(self, file: IO[bytes], packed: bytes) -> Iterator[bytes]:
        """The content of all gzip members; what follows them is no part of it, as for ``gzopen``."""
        while packed.startswith(_GZIP_MAGIC):
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            while not unpacker.eof:
                if not (packed := packed or file.read(CHUNK)):
                    self.problem = "the gzip stream is cut off"
                    return
                before = unpacker.copy()
                try:
                    yield unpacker.decompress(packed, CHUNK)
                except zlib.error as error:
                    yield from _byte_by_byte(before, packed)
                    self.problem = f"the gzip stream is damaged ({error})"
                    return
                packed = unpacker.unconsumed_tail
            packed = unpacker.unused_data
            packed += file.read(CHUNK) if len(packed) < len(_GZIP_MAGIC) else b""


def _byte_by_byte(unpacker: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """What can be unpacked before the byte that is wrong."""
    for index in range(len(packed)):
        try:
            yield unpacker.decompress(packed[index : index + 1])
        except zlib.error:
            return
