"""Podman with a storage of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e_containers.images import save_image
from tests.e2e_containers.processes import output_of, serving

IMAGE = "localhost/busybox:1"
# Root on the reference machines may not raise limits, and crun fails on hybrid control groups.
_LIMITS = ("--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000")


@dataclass(frozen=True)
class Podman:
    """A podman that shares nothing with the machine's."""

    folder: Path

    @property
    def socket(self) -> Path:
        """Where its service listens."""
        return self.folder / "podman.sock"

    def command(self, *arguments: str) -> list[str]:
        """A command line of it."""
        root = self.folder / "root"
        places = ["--root", root, "--runroot", self.folder / "run", "--tmpdir", self.folder / "tmp"]
        return ["podman", *map(str, places), "--storage-driver", "vfs", *arguments]

    def load(self) -> None:
        """Have the image."""
        save_image(self.folder / "busybox.tar", IMAGE, ["/bin/busybox"])
        output_of(*self.command("load", "-q", "-i", str(self.folder / "busybox.tar")))

    @contextlib.contextmanager
    def running(self, name: str, *options: str) -> Iterator[str]:
        """A container that sleeps; its full id."""
        full_id = output_of(
            *self.command("run", "-d", "--name", name, *_LIMITS, *options, IMAGE, "sleep", "1000")
        )
        try:
            yield full_id
        finally:
            output_of(*self.command("rm", "-f", "-t", "0", full_id))

    def cgroups_of(self, full_id: str) -> list[tuple[bytes, bytes]]:
        """The control groups of the container's first process, as threads have them."""
        return cgroups_of(int(output_of(*self.command("inspect", "-f", "{{.State.Pid}}", full_id))))

    @contextlib.contextmanager
    def service(self) -> Iterator[None]:
        """Its API at the socket: podman's and docker's."""
        command = self.command("system", "service", "-t", "0", f"unix://{self.socket}")
        with serving(command, self.folder / "service.log", self.socket.exists):
            yield
        self.socket.unlink(missing_ok=True)


def cgroups_of(pid: int) -> list[tuple[bytes, bytes]]:
    """Subsystems and paths from /proc."""
    lines = Path(f"/proc/{pid}/cgroup").read_bytes().splitlines()
    return [(names, path) for _, names, path in (line.split(b":", 2) for line in lines)]
