"""Containers for attacks, in a podman that shares nothing with the machine's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e_containers.processes import output_of, serving

IMAGE = "localhost/shop:1"
# Root on the reference machines may not raise limits, and crun fails on hybrid control groups.
_LIMITS = ("--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000")


@dataclass(frozen=True)
class Podman:
    """A podman with folders of its own; its layers are overlays, as on users' machines."""

    folder: Path

    @property
    def socket(self) -> Path:
        """Where its service listens."""
        return self.folder / "podman.sock"

    def command(self, *arguments: str) -> list[str]:
        """A command line of it."""
        root = self.folder / "root"
        places = ["--root", root, "--runroot", self.folder / "run", "--tmpdir", self.folder / "tmp"]
        return ["podman", *map(str, places), "--storage-driver", "overlay", *arguments]

    @contextlib.contextmanager
    def service(self) -> Iterator[None]:
        """Its API at the socket."""
        command = self.command("system", "service", "-t", "0", f"unix://{self.socket}")
        with serving(command, self.folder / "service.log", self.socket.exists):
            yield

    def load(self, archive: Path) -> None:
        """Have the image."""
        output_of(*self.command("import", "-q", str(archive), IMAGE))

    @contextlib.contextmanager
    def created(self, options: Sequence[str], command: Sequence[str]) -> Iterator[str]:
        """A container without a network, which is to be started; its full id."""
        create = self.command("create", *_LIMITS, "--network", "none", *options, IMAGE, *command)
        full_id = output_of(*create)
        try:
            yield full_id
        finally:
            output_of(*self.command("rm", "-f", "-t", "0", full_id))
