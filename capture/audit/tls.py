"""TLS of the daemon's server: certificate, key, and the authority for the certificates of clients."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from falcolab.errors import InputError


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM form.

    Attributes:
        certificate: of the server, with those of the authorities between it and the root.
        key: of the certificate, without a password.
        client_ca: certificates of clients are checked against it. Clients without one are let in, so
            that each route can decide; one that does not stand the check ends the handshake.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """A context for TLS 1.2 and later.

        Raises:
            InputError: a file cannot be read or used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(context)
        return context

    def renew(self, context: ssl.SSLContext) -> None:
        """Give a context in use the certificate as it is on disk now, for the connections to come.

        Raises:
            InputError: a file cannot be read or used; the context is as it was.
        """
        self.context()
        self._load(context)

    def _load(self, context: ssl.SSLContext) -> None:
        for file in filter(None, (self.certificate, self.key, self.client_ca)):
            _check_readable(file)
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except ssl.SSLError as error:
            raise InputError(f"{self.certificate}, {self.key}: no pair for TLS: {_reason(error)}") from None
        if self.client_ca is not None:
            self._load_authority(self.client_ca, context)

    def _load_authority(self, file: Path, context: ssl.SSLContext) -> None:
        try:
            context.load_verify_locations(file)
        except ssl.SSLError as error:
            raise InputError(f"{file}: no certificate of an authority: {_reason(error)}") from None
        context.verify_mode = ssl.CERT_OPTIONAL


def _check_readable(file: Path) -> None:
    # Done by hand because ssl's own error does not say which file it is about.
    try:
        file.open("rb").close()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None


def _no_password() -> str:
    # Without this OpenSSL would ask for one on the terminal, and wait.
    return ""


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "unknown form").replace("_", " ").lower()
