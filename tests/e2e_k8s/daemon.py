"""The receiving end of the webhook: what the daemon has of it, with a sink in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from capture.audit.access import Access
from capture.audit.server import HttpServer
from capture.audit.tls import Tls
from capture.audit.webhook import AuditWebhook
from tests.capture_audit.doubles import MemorySink, Parts, token_file
from tests.e2e_k8s.cluster import ApiServer, Webhook, free_port


@dataclass
class SlowSink(MemorySink):
    """May take long.

    Attributes:
        delay: of the next call, in seconds.
    """

    delay: float = 0.0

    def accept(self, events: Sequence[bytes], /) -> None:
        delay, self.delay = self.delay, 0.0
        time.sleep(delay)
        super().accept(events)


@dataclass
class Daemon:
    """The receiving end, which can be stopped and started anew; its journal is kept."""

    folder: Path
    port: int = field(default_factory=free_port)
    sink: SlowSink = field(default_factory=SlowSink)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        self.tls = Tls(self.folder / "server.pem", self.folder / "server.key")
        self.tls.certificate.write_bytes(issued.cert_chain_pems[0].bytes())
        self.tls.key.write_bytes(issued.private_key_pem.bytes())
        self.webhook = Webhook(self.port, self.folder / "ca.pem", token_file(self.folder))
        authority.cert_pem.write_to_path(self.webhook.authority)

    @contextmanager
    def running(self) -> Iterator[Parts]:
        parts = Parts(self.sink)
        parts.recent.rebuild(self.sink.events)
        webhook = AuditWebhook(parts.intake, Access(self.webhook.token))
        server = HttpServer([webhook.route()], "127.0.0.1", self.port, self.tls)
        server.start()
        try:
            yield parts
        finally:
            server.stop()

    def names(self) -> list[str]:
        """Of the requests made for the test that have arrived, sorted."""
        paths = (json.loads(raw)["requestURI"].rpartition("/") for raw in self.sink.events)
        return sorted(name for folder, _, name in paths if folder.endswith("/default/configmaps"))

    def wait_for(self, names: list[str], seconds: float) -> None:
        wait_until(lambda: set(self.names()) >= set(names), seconds)
        assert self.names() == sorted(names)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


def ask(api: ApiServer, kind: str, count: int, seconds: float = 0.0) -> list[str]:
    """Make requests, spread over some seconds; their names."""
    names = [f"{kind}-{number:05d}" for number in range(count)]
    for name in names:
        api.request(name)
        time.sleep(seconds / count)
    return names
