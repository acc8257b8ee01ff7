"""The body of a request, in bounded memory and time, whatever is sent."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable

from starlette.requests import Request

from capture.audit.refusal import RefusedError, too_large, too_slow, unusable

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """The content of a body, uncompressed.

    Args:
        request: whose body it is.
        limit: how long it may be, in bytes, both as sent and uncompressed.
        seconds: how long it may take to come.

    Raises:
        RefusedError: it is too long, too slow, empty, or damaged.
        ClientDisconnect: the client has gone before its end.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in _DECODERS:
        raise RefusedError(415, "encoding", "content-encoding is neither gzip nor identity")
    decoder = _DECODERS[encoding](limit)
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                decoder.add(chunk)
    except TimeoutError:
        raise too_slow(f"the body took over {seconds:g} s") from None
    content = decoder.content()
    if not content.strip():
        raise unusable("the body is empty")
    return content


class _Plain:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._content = bytearray()

    def add(self, chunk: bytes) -> None:
        self._content += chunk
        if len(self._content) > self._limit:
            raise too_large(f"the body is longer than {self._limit} bytes")

    def content(self) -> bytes:
        return bytes(self._content)


class _Gzip(_Plain):
    """One gzip stream. What it becomes is limited while it is made: a bomb does not go off."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._stream = zlib.decompressobj(_GZIP)

    def add(self, chunk: bytes) -> None:
        if self._stream.eof and chunk:
            raise unusable("there is something after the end of the gzip stream")
        try:
            super().add(self._stream.decompress(chunk, self._limit + 1 - len(self._content)))
        except zlib.error:
            raise unusable("the gzip stream is damaged") from None
        if self._stream.unused_data:
            raise unusable("there is something after the end of the gzip stream")

    def content(self) -> bytes:
        if not self._stream.eof:
            raise unusable("the gzip stream breaks off")
        return super().content()


_DECODERS: dict[str, Callable[[int], _Plain]] = {"identity": _Plain, "gzip": _Gzip}
