"""Where runtimes listen, and how patiently they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture.containers.cri import CriSource
from capture.containers.docker import DockerSource
from capture.containers.podman import PodmanSource
from capture.containers.source import TIMEOUT, Source


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where runtimes listen, in the order in which they are asked.

    Podman comes before docker, for its package ``podman-docker`` puts its own socket in docker's
    place. None of them need be there.
    """

    cri: tuple[Path, ...] = (
        Path("/run/containerd/containerd.sock"),
        Path("/run/k3s/containerd/containerd.sock"),
        Path("/run/crio/crio.sock"),
    )
    podman: tuple[Path, ...] = (Path("/run/podman/podman.sock"),)
    docker: tuple[Path, ...] = (Path("/var/run/docker.sock"),)

    def under(self, root: Path) -> Sockets:
        """The same sockets of a host whose root folder is mounted somewhere, as in a DaemonSet's pod."""

        def moved(paths: tuple[Path, ...]) -> tuple[Path, ...]:
            return tuple(root / _without_link(path).relative_to("/") for path in paths)

        return Sockets(moved(self.cri), moved(self.podman), moved(self.docker))


def _without_link(path: Path) -> Path:
    """``/var/run`` is a link to ``/run``, and seen from a mounted host it would lead to our own."""
    return Path("/run") / path.relative_to("/var/run") if path.is_relative_to("/var/run") else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How containers are looked up; times are in seconds.

    Attributes:
        workers: threads.
        capacity: lookups under way; more are dropped, and asked for again by the next event.
        first_retry: after which a container is asked for again that nobody knew; every time it doubles.
        last_retry: the longest of these pauses, and the longest rest of a source that fails.
        tries: how often, until it counts as unknown. Failed tries do not count.
        unknown_for: how long nobody is asked again for an unknown container.
        second_look: after which a container without an address is looked at once more.
        remembered: containers whose lookups are remembered.
    """

    workers: int = 2
    capacity: int = 1024
    first_retry: float = 0.1
    last_retry: float = 30.0
    tries: int = 9
    unknown_for: float = 60.0
    second_look: float = 3.0
    remembered: int = 8192


def sources(sockets: Sockets, timeout: float = TIMEOUT) -> list[Source]:
    """A source for each socket, in order."""
    kinds: list[tuple[Callable[[Path, float], Source], tuple[Path, ...]]] = [
        (CriSource, sockets.cri),
        (PodmanSource, sockets.podman),
        (DockerSource, sockets.docker),
    ]
    return [make(path, timeout) for make, paths in kinds for path in paths]
