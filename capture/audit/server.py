"""An HTTP(S) server for a few routes, in a thread of its own.

uvicorn: small, typed, kept well, and its connection can be extended by what no ASGI server does:
see ``capture.audit.connection``.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from capture.audit.connection import Connection
from capture.audit.tls import Tls
from falcolab.errors import InputError

_CONNECTIONS = 256
_START_SECONDS = 10
_STOP_SECONDS = 10
_POLL_SECONDS = 0.01
# Longer than the 90 s after which Go's clients give up idle connections: were it shorter, the API
# server would now and then send a batch into a connection that has just been closed.
_IDLE_SECONDS = 120


class HttpServer:
    """Serves routes from ``start`` to ``stop``.

    Args:
        routes: of the audit webhook, of health and metrics, whatever the daemon has.
        host: address to listen on, IPv4 or IPv6.
        port: 0 lets the system choose.
        tls: None serves plain HTTP, which is for loopback and for probes.

    Raises:
        InputError: a file of the TLS settings cannot be used.
    """

    def __init__(self, routes: Sequence[BaseRoute], host: str, port: int, tls: Tls | None = None) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        config = uvicorn.Config(
            Starlette(routes=routes),
            http=Connection,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        config.load()
        config.ssl = tls.context() if tls is not None else None
        self._config = config
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """On which it listens."""
        return self._port

    def start(self) -> None:
        """Listen and serve; on return requests are answered.

        Raises:
            InputError: the address cannot be listened on.
        """
        try:
            listening = _listen(self._host, self._port)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"cannot listen on {self._host} port {self._port}: {reason}") from None
        self._port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="falcolab-http", daemon=True
        )
        self._thread.start()
        self._wait_for(self._thread)

    def stop(self) -> None:
        """Take no more requests, finish those begun, and return when that is done or has taken 10 s."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * _STOP_SECONDS)

    def renew_certificate(self) -> None:
        """Use the certificate as it is on disk now for the connections to come.

        Raises:
            InputError: a file cannot be used; the old certificate stays.
        """
        if self._tls is not None and self._config.ssl is not None:
            self._tls.renew(self._config.ssl)

    def _run(self, listening: socket.socket) -> None:
        with listening:
            self._server.run([listening])

    def _wait_for(self, thread: threading.Thread) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise InputError(f"the server for {self._host} port {self._port} did not start; see the log")
            time.sleep(_POLL_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)
