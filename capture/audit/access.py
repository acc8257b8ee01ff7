"""Who may send audit events: holders of a bearer token, of a client certificate, or of both."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from pathlib import Path

from starlette.requests import Request

from capture.audit.refusal import unauthorized
from falcolab.errors import InputError

_SHORTEST = 16


class Access:
    """What a request must show. If both a token and a certificate are asked for, both are needed.

    Args:
        token_file: holds a token a line, so that an old and a new one can overlap; None asks for none.
        certificate: whether the client must have a certificate of the server's client CA.
        names: common names that such a certificate may have; none means any. A cluster's CA signs
            certificates for every kubelet, so with that CA name the API server's.

    Raises:
        InputError: the file cannot be read, or holds no token that is worth the name.
    """

    def __init__(
        self, token_file: Path | None = None, *, certificate: bool = False, names: Collection[str] = ()
    ) -> None:
        if token_file is None and not certificate:
            raise InputError("the audit webhook needs a token file or a client CA: anybody could send events")
        self._token_file = token_file
        self._certificate = certificate
        self._names = frozenset(names)
        self._tokens: list[bytes] = []
        self.reload()

    def reload(self) -> None:
        """Read the tokens again; the old ones stay if that fails.

        Raises:
            InputError: the file cannot be read, or holds no token that is worth the name.
        """
        if self._token_file is not None:
            self._tokens = _read_tokens(self._token_file)

    def check(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            RefusedError: it does not show what it must.
        """
        if self._certificate:
            self._check_name(getattr(request.state, "client_name", None))
        if self._token_file is not None:
            self._check_token(request.headers.get("authorization", ""))

    def _check_name(self, name: str | None) -> None:
        if name is None:
            raise unauthorized("a client certificate is needed")
        if self._names and name not in self._names:
            raise unauthorized("the client certificate has another name than those allowed")

    def _check_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        given = token.strip().encode()
        # Each is compared, and in constant time: how long it takes tells nothing.
        equal = [hmac.compare_digest(given, known) for known in self._tokens]
        if scheme.lower() != "bearer" or not any(equal):
            raise unauthorized("a valid bearer token is needed")


def _read_tokens(file: Path) -> list[bytes]:
    try:
        tokens = file.read_bytes().split()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None
    if not tokens:
        raise InputError(f"{file}: holds no token")
    if min(map(len, tokens)) < _SHORTEST:
        raise InputError(f"{file}: a token has fewer than {_SHORTEST} characters, which can be guessed")
    return tokens
