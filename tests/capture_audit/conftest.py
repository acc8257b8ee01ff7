"""A certificate authority, and servers that stop at the end of a test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from capture.audit.access import Access
from capture.audit.server import HttpServer
from capture.audit.tls import Tls
from capture.audit.webhook import AuditWebhook, Limits
from tests.capture_audit.doubles import Parts, token_file


@dataclass(frozen=True)
class Pki:
    """An authority and the files of a server whose certificate it signed."""

    authority: trustme.CA
    tls: Tls

    def client_context(self, name: str | None = None, authority: trustme.CA | None = None) -> ssl.SSLContext:
        """What a client trusts, and its own certificate if it has a name."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if name is not None:
            issuer = authority or self.authority
            issuer.issue_cert("client.example", common_name=name).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    folder = tmp_path_factory.mktemp("pki")
    authority = trustme.CA()
    tls = Tls(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    write_server_certificate(authority, tls)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return Pki(authority, tls)


def write_server_certificate(authority: trustme.CA, tls: Tls) -> None:
    issued = authority.issue_cert("127.0.0.1", "localhost")
    tls.certificate.write_bytes(issued.cert_chain_pems[0].bytes())
    tls.key.write_bytes(issued.private_key_pem.bytes())


@dataclass(frozen=True)
class Service:
    """A running server and a client that trusts it."""

    server: HttpServer
    client: httpx.Client

    def post(self, content: Any, **kwargs: Any) -> httpx.Response:
        return self.client.post("/k8s-audit", content=content, **kwargs)


Serve = Callable[..., Service]


class Switch(BaseRoute):
    """A place in a running server for whatever a test wants there: to start one takes a while."""

    routes: Sequence[BaseRoute] = ()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = [route.matches(scope) for route in self.routes]
        return max(found, key=lambda match: match[0].value)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        (route,) = (route for route in self.routes if route.matches(scope)[0] is not Match.NONE)
        await route.handle(scope, receive, send)


@contextmanager
def serving(
    routes: Sequence[BaseRoute], tls: Tls | None = None, verify: ssl.SSLContext | None = None
) -> Iterator[Service]:
    server = HttpServer(routes, "127.0.0.1", 0, tls)
    server.start()
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    try:
        with httpx.Client(base_url=url, verify=verify or True, trust_env=False) as client:
            yield Service(server, client)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def plain() -> Iterator[tuple[Switch, Service]]:
    switch = Switch()
    with serving([switch]) as service:
        yield switch, service


@pytest.fixture
def serve(tmp_path: Path, plain: tuple[Switch, Service]) -> Iterator[Serve]:
    """Serves the parts of an intake; over plain HTTP and with a token unless told otherwise."""
    switch, service = plain
    with ExitStack() as stack:

        def start(
            parts: Parts,
            access: Access | None = None,
            *,
            limits: Limits | None = None,
            routes: tuple[BaseRoute, ...] = (),
            **encrypted: Any,
        ) -> Service:
            webhook = AuditWebhook(parts.intake, access or Access(token_file(tmp_path)), limits)
            if encrypted:
                return stack.enter_context(serving([webhook.route(), *routes], **encrypted))
            switch.routes = [webhook.route(), *routes]
            return service

        yield start
