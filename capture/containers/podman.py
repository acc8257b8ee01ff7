"""Podman's own API."""

from __future__ import annotations

from pathlib import Path

from capture.containers.api import UnixApi
from capture.containers.container import Container, Runtime
from capture.containers.image import Image
from capture.containers.inspection import Inspection
from capture.containers.source import TIMEOUT

_API = "/v4.0.0/libpod"  # any version is accepted in this place


class PodmanSource:
    """Asks ``podman system service``.

    Args:
        socket: where it listens; one started by systemd is woken by the first question.
        timeout: seconds for each step of an answer.
    """

    def __init__(self, socket: Path, timeout: float = TIMEOUT) -> None:
        self.name = f"podman:{socket}"
        self.socket = socket
        self._api = UnixApi(self.name, socket, timeout)

    def lookup(self, full_id: str, /) -> Container | None:
        """What podman knows of a container.

        Raises:
            SourceError: it could not be asked.
        """
        found = self._api.get(f"{_API}/containers/{full_id}/json", Inspection)
        # Podman also looks for names, and anybody may name a container like another one's id.
        if found is None or found.id != full_id:
            return None
        image = Image.named(found.image_name, digest=found.image_digest, image_id=found.image)
        return found.container(Runtime.PODMAN, image)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
