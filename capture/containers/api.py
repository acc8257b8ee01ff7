"""Questions by HTTP over a unix socket, with limits of time and size.

httpx is used because the daemon's outputs need it anyway, and it speaks to unix sockets.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from capture.containers.limits import MAX_ANSWER
from capture.containers.source import SourceError

_OK, _NOT_FOUND = 200, 404
_T = TypeVar("_T")


class UnixApi:
    """An HTTP server at a unix socket. Threads may share it; each question has its own connection.

    Args:
        name: of the source, for messages.
        socket: where the server listens.
        timeout: seconds for connecting and for each piece of an answer.
    """

    def __init__(self, name: str, socket: Path, timeout: float) -> None:
        self._name = name
        # A connection that is kept would keep a podman awake that systemd starts when it is asked.
        transport = httpx.HTTPTransport(uds=str(socket), limits=httpx.Limits(max_keepalive_connections=0))
        # The environment may name a proxy, which is no way to a socket of this machine.
        self._client = httpx.Client(
            transport=transport, base_url="http://runtime", timeout=timeout, trust_env=False
        )

    def get(self, path: str, form: type[_T]) -> _T | None:
        """The object at a path, read into a form; None if the server does not know it.

        Raises:
            SourceError: no connection, no answer in time, another status, or the answer is not of the form.
        """
        try:
            with self._client.stream("GET", path) as answer:
                if answer.status_code == _NOT_FOUND:
                    return None
                if answer.status_code != _OK:
                    raise SourceError(self._name, f"status {answer.status_code} for {path}")
                return msgspec.json.decode(self._body(answer), type=form)
        except (httpx.HTTPError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SourceError(self._name, str(error) or type(error).__name__) from error

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MAX_ANSWER:
                raise SourceError(self._name, f"an answer of more than {MAX_ANSWER >> 20} MiB")
        return bytes(body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
