"""A certificate authority, and servers that stop at the end of a test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from starlette.routing import BaseRoute

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


@contextmanager
def serving(
    parts: Parts,
    access: Access,
    *,
    limits: Limits | None = None,
    tls: Tls | None = None,
    verify: ssl.SSLContext | bool = True,
    routes: tuple[BaseRoute, ...] = (),
) -> Iterator[Service]:
    webhook = AuditWebhook(parts.intake, access, limits)
    server = HttpServer([webhook.route(), *routes], "127.0.0.1", 0, tls)
    server.start()
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    try:
        with httpx.Client(base_url=url, verify=verify, trust_env=False) as client:
            yield Service(server, client)
    finally:
        server.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server for the parts of an intake; plain HTTP and a token unless told otherwise."""
    with ExitStack() as stack:

        def start(parts: Parts, access: Access | None = None, **options: Any) -> Service:
            return stack.enter_context(serving(parts, access or Access(token_file(tmp_path)), **options))

        yield start
