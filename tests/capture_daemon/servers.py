"""An HTTP server that takes alerts, quickly, slowly or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Taker:
    """What has come.

    Attributes:
        status: of the answers.
        go: while it is not set, nobody is answered.
    """

    status: int = 200
    alerts: list[Any] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    go: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@contextmanager
def taking(*, is_slow: bool = False, status: int = 200) -> Iterator[Taker]:
    """A server until the end of the block."""
    taker = Taker(status)
    if not is_slow:
        taker.go.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taker.go.wait(30)
            taker.alerts.append(json.loads(body))
            taker.types.add(self.headers["content-type"])
            self.send_response(taker.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taker.url = f"http://127.0.0.1:{server.server_port}/alerts"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield taker
    finally:
        taker.go.set()
        server.shutdown()
        thread.join()
        server.server_close()
