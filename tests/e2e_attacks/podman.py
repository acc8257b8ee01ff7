"""Containers for attacks, in a podman that shares nothing with the machine's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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

    def run(self, *options: str) -> list[str]:
        """The command line that starts a container without a network; the command is to follow."""
        return self.command("run", *_LIMITS, "--network", "none", *options, IMAGE)

    @contextlib.contextmanager
    def running(self, *options: str) -> Iterator[str]:
        """A container that sleeps; its full id."""
        full_id = output_of(*self.run("-d", *options), "/bin/sleep", "1000")
        try:
            yield full_id
        finally:
            output_of(*self.command("rm", "-f", "-t", "0", full_id))
