"""Certificates and tokens over real HTTPS: who is let in."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httpx
import pytest
import trustme
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from capture.audit.access import Access
from capture.audit.server import HttpServer
from capture.audit.tls import Tls
from falcolab.errors import InputError
from tests.capture_audit.conftest import Pki, Serve, write_server_certificate
from tests.capture_audit.doubles import TOKEN, Parts, text, token_file

AUTH = {"authorization": f"Bearer {TOKEN}"}
API_SERVER = "kube-apiserver"


async def _health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


@pytest.mark.parametrize(
    ("with_token", "names", "client", "sent", "status"),
    [
        (False, (), API_SERVER, {}, 200),
        (False, (), None, {}, 401),
        (False, (), None, AUTH, 401),
        (False, (API_SERVER,), API_SERVER, {}, 200),
        (False, (API_SERVER,), "system:node:worker", {}, 401),
        (True, (), API_SERVER, AUTH, 200),
        (True, (), API_SERVER, {}, 401),
        (True, (), None, AUTH, 401),
    ],
)
def test_who_may_send(
    serve: Serve,
    pki: Pki,
    tmp_path: Path,
    *,
    with_token: bool,
    names: tuple[str, ...],
    client: str | None,
    sent: dict[str, str],
    status: int,
) -> None:
    token = token_file(tmp_path) if with_token else None
    access = Access(token, certificate=True, names=names)
    service = serve(
        Parts(), access, tls=pki.tls, verify=pki.client_context(client), routes=(Route("/healthz", _health),)
    )
    assert service.post(text(1), headers=sent).status_code == status
    assert service.client.get("/healthz").text == "ok"


def test_a_certificate_of_another_authority_ends_the_handshake(serve: Serve, pki: Pki) -> None:
    context = pki.client_context(API_SERVER, trustme.CA())
    service = serve(Parts(), Access(certificate=True), tls=pki.tls, verify=context)
    with pytest.raises(httpx.TransportError):
        service.post(text(1))


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_is_1_2_or_later(serve: Serve, pki: Pki, version: str, *, accepted: bool) -> None:
    context = pki.client_context()
    # Without this the client itself refuses what is old, and the test would prove nothing.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    service = serve(Parts(), tls=pki.tls, verify=context)
    try:
        status = service.post(text(1), headers=AUTH).status_code
    except httpx.ConnectError:
        status = 0
    assert status == (200 if accepted else 0)


def test_a_renewed_certificate_is_used_without_a_restart(serve: Serve, tmp_path: Path, pki: Pki) -> None:
    tls = Tls(tmp_path / "server.pem", tmp_path / "server.key")
    first, second = trustme.CA(), trustme.CA()
    write_server_certificate(first, tls)
    service = serve(Parts(), tls=tls)
    url = str(service.client.base_url.join("/k8s-audit"))

    def status(authority: trustme.CA) -> int | None:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        try:
            return httpx.post(url, content=text(1), headers=AUTH, verify=context, trust_env=False).status_code
        except httpx.ConnectError:
            return None

    assert (status(first), status(second)) == (200, None)
    tls.key.write_bytes(b"half written")
    with pytest.raises(InputError, match=r"no pair for TLS"):
        service.server.renew_certificate()
    assert (status(first), status(second)) == (200, None)
    write_server_certificate(second, tls)
    service.server.renew_certificate()
    assert (status(first), status(second)) == (None, 200)


def test_tokens_are_renewed_and_may_overlap(serve: Serve, tmp_path: Path) -> None:
    file = token_file(tmp_path)
    access = Access(file)
    service = serve(Parts(), access)

    def status(token: str) -> int:
        return service.post(text(1), headers={"authorization": f"bearer {token}"}).status_code

    new = "another-token-that-is-new"
    file.write_text(f"{TOKEN}\n{new}\n")
    access.reload()
    assert (status(TOKEN), status(new)) == (200, 200)
    file.write_text("")
    with pytest.raises(InputError, match="holds no token"):
        access.reload()
    file.write_text(f"{new}\n")
    access.reload()
    assert (status(TOKEN), status(new)) == (401, 200)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "holds no token"), (" \n", "holds no token"), ("short\n", "can be guessed")],
)
def test_a_token_must_be_worth_the_name(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Access(token_file(tmp_path, content))


def test_an_open_door_is_refused() -> None:
    with pytest.raises(InputError, match="anybody could send events"):
        Access()


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{tmp_path}/none: No such file"):
        Access(tmp_path / "none")


@pytest.mark.parametrize("member", ["certificate", "key", "client_ca"])
@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"nonsense", "no ")])
def test_a_bad_file_is_named(
    pki: Pki, tmp_path: Path, member: str, content: bytes | None, message: str
) -> None:
    file = tmp_path / "bad.pem"
    if content is not None:
        file.write_bytes(content)
    files = {name: getattr(pki.tls, name) for name in ("certificate", "key", "client_ca")}
    with pytest.raises(InputError, match=f"{file}.*: {message}"):
        Tls(**{**files, member: file}).context()


def test_a_key_with_a_password_asks_nobody(pki: Pki, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as pem  # noqa: PLC0415 (only here)

    key = pem.load_pem_private_key(pki.tls.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    lock = pem.BestAvailableEncryption(b"secret")
    locked.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, lock))
    with pytest.raises(InputError, match="no pair for TLS"):
        Tls(pki.tls.certificate, locked).context()


def test_an_address_in_use_is_told(serve: Serve) -> None:
    taken = serve(Parts()).server.port
    with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1 port {taken}: Address already in use"):
        HttpServer([], "127.0.0.1", taken).start()


@pytest.mark.skipif(not os.path.exists("/proc/net/if_inet6"), reason="needs IPv6")
def test_ipv6_is_served() -> None:
    server = HttpServer([Route("/healthz", _health)], "::1", 0)
    server.start()
    try:
        assert httpx.get(f"http://[::1]:{server.port}/healthz", trust_env=False).text == "ok"
    finally:
        server.stop()
