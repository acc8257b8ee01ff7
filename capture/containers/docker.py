"""Docker's API, which podman offers as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from capture.containers.api import UnixApi
from capture.containers.container import Container, Runtime
from capture.containers.image import Image, is_digest, split_reference
from capture.containers.inspection import Inspection
from capture.containers.source import TIMEOUT

_SHARED = "container:"


class _InspectedImage(msgspec.Struct, rename="pascal"):
    """What docker says of an image."""

    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None


class DockerSource:
    """Asks the docker daemon.

    Args:
        socket: where it listens.
        timeout: seconds for each step of an answer.
    """

    def __init__(self, socket: Path, timeout: float = TIMEOUT) -> None:
        self.name = f"docker:{socket}"
        self.socket = socket
        self._api = UnixApi(self.name, socket, timeout)

    def lookup(self, full_id: str, /) -> Container | None:
        """What docker knows of a container.

        Raises:
            SourceError: it could not be asked.
        """
        found = self._inspect(full_id)
        if found is None:
            return None
        return replace(found.container(Runtime.DOCKER, self._image(found)), ip=self._ip(found))

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _inspect(self, full_id: str) -> Inspection | None:
        found = self._api.get(f"/containers/{full_id}/json", Inspection)
        # Docker also looks for names, and anybody may name a container like another one's id.
        return found if found is not None and found.id == full_id else None

    def _ip(self, found: Inspection) -> str:
        """The address: its own, or that of the container whose network it shares."""
        mode = found.host_config.network_mode
        own = found.network_settings.ip()
        if own or not mode.startswith(_SHARED):
            return own
        other = self._inspect(mode.removeprefix(_SHARED))
        return "" if other is None else other.network_settings.ip()

    def _image(self, found: Inspection) -> Image:
        """The image; what the container was asked for may be no more than an id."""
        known = (
            self._api.get(f"/images/{found.image}/json", _InspectedImage) if is_digest(found.image) else None
        )
        tags, digests = (known.repo_tags or [], known.repo_digests or []) if known else ([], [])
        repository, tag = _name(found.config.image, [*tags, *digests])
        digest = next((each for each in digests if split_reference(each)[0] == repository), "")
        image = Image.named(found.config.image, digest=digest.partition("@")[2], image_id=found.image)
        return replace(image, repository=repository, tag=tag)


def _name(asked: str, references: list[str]) -> tuple[str, str]:
    """Repository and tag of what was asked for, or else of a reference that the image has."""
    repository, tag = ("", "") if is_digest(asked) else split_reference(asked)
    if tag or not references:
        return repository, tag
    names = [split_reference(each) for each in references]
    return next((name for name in names if name[0] == repository), names[0])
