"""Where alerts go: standard output, a file, a URL; each in Falco's JSON, one object a line."""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

import httpx

from capture.daemon.config import Http, Outputs
from falcolab.errors import InputError

_LOG = logging.getLogger(__name__)
_WAITING = 10_000
_FILE_MODE = 0o600


class Output(Protocol):
    """Takes alerts; a slow one delays nobody."""

    name: str
    failed: int

    def send(self, line: str, /) -> None:
        """Take an alert, or count that it could not be taken."""

    def close(self) -> None:
        """Send what is waiting, and end."""


class LineOutput:
    """Writes a line for each alert.

    Args:
        name: for metrics.
        file: where to.
    """

    def __init__(self, name: str, file: IO[str]) -> None:
        self.name, self.failed = name, 0
        self._file = file

    def send(self, line: str, /) -> None:
        """Write an alert; one that cannot be written is counted, and it is tried again with the next."""
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            self.failed += 1
            _LOG.error("an alert could not be written to %s: %s", self.name, error.strerror or error)

    def close(self) -> None:
        """End; standard output stays open."""
        if self._file is not sys.stdout:
            self._file.close()


class HttpOutput:
    """Posts alerts to a URL from a thread of its own.

    Args:
        settings: where to, and how long to wait.
    """

    def __init__(self, settings: Http) -> None:
        self.name, self.failed = "http", 0
        self._url = settings.url
        self._client = httpx.Client(timeout=settings.timeout)
        self._lines: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="http-output", daemon=True)
        self._thread.start()

    def send(self, line: str, /) -> None:
        """Put an alert into the queue; one for which there is no room is counted as failed."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self.failed += 1

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                headers = {"content-type": "application/json"}
                self._client.post(self._url, content=line, headers=headers).raise_for_status()
            except httpx.HTTPError as error:
                self.failed += 1
                _LOG.error("an alert could not be posted: %s", type(error).__name__)

    def close(self) -> None:
        """Post what is waiting, and end."""
        self._lines.put(None)
        self._thread.join()
        self._client.close()


def open_outputs(settings: Outputs) -> list[Output]:
    """The outputs of a configuration.

    Raises:
        InputError: the file cannot be written.
    """
    outputs: list[Output] = []
    if settings.stdout:
        outputs.append(LineOutput("stdout", sys.stdout))
    if settings.file is not None:
        outputs.append(LineOutput("file", _appending(settings.file)))
    if settings.http is not None:
        outputs.append(HttpOutput(settings.http))
    return outputs


def _appending(path: Path) -> IO[str]:
    """A file that only its owner can read."""
    try:
        path.touch(_FILE_MODE)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def send(outputs: Sequence[Output], alert: dict[str, object]) -> None:
    """Send an alert everywhere."""
    line = json.dumps(alert, ensure_ascii=False)
    for output in outputs:
        output.send(line)
