"""Where alerts go: standard output, a file, a URL. Each takes a line at a time and may take long."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Protocol

import httpx

from capture.daemon.settings import Http
from falcolab.errors import InputError

_FILE_MODE = 0o600
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class TargetError(Exception):
    """An alert could not be sent; the text says why, without anything of the alert."""


class Target(Protocol):
    """Takes alerts, in Falco's JSON."""

    @property
    def name(self) -> str:
        """For metrics and messages."""

    def send(self, line: bytes, /) -> None:
        """Send an alert.

        Raises:
            TargetError: it could not be sent.
        """

    def close(self) -> None:
        """End."""


class StdoutTarget:
    """A line for each alert, to standard output."""

    name = "stdout"

    def __init__(self) -> None:
        self._file = sys.stdout.fileno()

    def send(self, line: bytes, /) -> None:
        """Write an alert."""
        _write(self._file, line + b"\n")

    def close(self) -> None:
        """Nothing: others write there as well."""


class FileTarget:
    """A line for each alert, at the end of a file that only its owner can read.

    The file may be renamed or removed at any time, by logrotate for example: the next alert makes it anew.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be written.
    """

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, _APPEND, _FILE_MODE)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
        self._is_torn = False

    def send(self, line: bytes, /) -> None:
        """Write an alert; what follows half a line begins a new one."""
        self._reopen_if_moved()
        torn = b"\n" if self._is_torn else b""
        self._is_torn = True
        _write(self._file, torn + line + b"\n")
        self._is_torn = False

    def _reopen_if_moved(self) -> None:
        try:
            if _is_same(os.fstat(self._file), self._path):
                return
            file = os.open(self._path, _APPEND, _FILE_MODE)
        except OSError as error:
            raise TargetError(f"{self._path}: {error.strerror or error}") from None
        os.close(self._file)
        self._file, self._is_torn = file, False

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _is_same(opened: os.stat_result, path: Path) -> bool:
    """Whether an open file is still the one of that name; a pipe or a terminal always is."""
    if not stat.S_ISREG(opened.st_mode):
        return True
    try:
        return os.path.samestat(opened, path.stat())
    except FileNotFoundError:
        return False


def _write(file: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError as error:
        raise TargetError(error.strerror or str(error)) from None


class HttpTarget:
    """Posts each alert to a URL.

    Args:
        settings: where to, and how long to wait for an answer.

    Raises:
        InputError: it is no URL.
    """

    name = "http"

    def __init__(self, settings: Http) -> None:
        try:
            self._url = httpx.URL(settings.url)
        except httpx.InvalidURL as error:
            raise InputError(f"outputs.http.url: {error}") from None
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise InputError("outputs.http.url: must begin with http:// or https:// and name a host")
        headers = {"content-type": "application/json"}
        self._client = httpx.Client(timeout=settings.timeout, headers=headers)

    def send(self, line: bytes, /) -> None:
        """Post an alert."""
        try:
            answer = self._client.post(self._url, content=line)
        except httpx.HTTPError as error:
            raise TargetError(f"{self._url.host}: {type(error).__name__}") from None
        if not answer.is_success:
            raise TargetError(f"{self._url.host}: status {answer.status_code}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
