"""Real runtimes, each with its own folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e_containers.containerd import Containerd
from tests.e2e_containers.podman import Podman


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    """Podman with an image; its service does not run."""
    podman = Podman(tmp_path_factory.mktemp("podman"))
    podman.load()
    return podman


@pytest.fixture(scope="session")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    """A containerd with images; it does not run."""
    containerd = Containerd(Path(tmp_path_factory.mktemp("ctrd")))
    with containerd.service():
        containerd.load()
    yield containerd
    containerd.close()
