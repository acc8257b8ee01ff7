"""The real daemon, as its users start it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from tests.capture_audit.doubles import token_file
from tests.e2e_containers.processes import serving
from tests.e2e_k8s.cluster import free_port

PROGRAM = Path(sys.executable).with_name("falcolab")
_SECONDS_PER_PART = 20
_RING_MB = 256  # others on the machine may be loud


@dataclass(frozen=True)
class Recording:
    """A daemon's folder, with what it needs and what it leaves."""

    folder: Path
    rules: Sequence[Path]
    podman: Path
    status: int
    webhook: int

    @classmethod
    def prepare(cls, folder: Path, rules: Sequence[Path], podman: Path) -> Recording:
        """Write the configuration and keys."""
        recording = cls(folder, rules, podman, free_port(), free_port())
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(folder / "authority.pem")
        issued.cert_chain_pems[0].write_to_path(folder / "server.pem")
        issued.private_key_pem.write_to_path(folder / "server.key")
        token_file(folder)
        (folder / "capture.yaml").write_text(yaml.safe_dump(recording._config()))
        return recording

    def _config(self) -> dict[str, Any]:
        webhook = {
            "host": "127.0.0.1",
            "port": self.webhook,
            "certificate": str(self.folder / "server.pem"),
            "key": str(self.folder / "server.key"),
            "token_file": str(self.folder / "token"),
        }
        return {
            "lake": str(self.lake),
            "rules": list(map(str, self.rules)),
            "matching": "all",
            "audit": {"webhook": webhook},
            "containers": {"podman": [str(self.podman)], "cri": [], "docker": []},
            "syscalls": {"ring_mb": _RING_MB},
            "rotation": {"seconds": _SECONDS_PER_PART},
            "outputs": {"stdout": False, "file": str(self.folder / "alerts.jsonl")},
            "status": {"port": self.status},
        }

    @property
    def lake(self) -> Path:
        """What is recorded."""
        return self.folder / "lake"

    def alerts(self) -> list[dict[str, Any]]:
        """What has been alerted so far."""
        path = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def metrics(self) -> dict[str, float]:
        """Every sample that is shown, by its name and labels."""
        text = httpx.get(f"http://127.0.0.1:{self.status}/metrics").text
        samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in samples}

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The daemon, from when it is healthy."""
        command: list[str | Path] = [PROGRAM, "capture", "run", "-c", self.folder / "capture.yaml"]
        log = self.folder / "daemon.log"
        with serving(command, log, self._is_healthy) as process:
            yield
            assert process.poll() is None, log.read_text()[-2000:]

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.status}/healthz").status_code == 200
        except httpx.TransportError:
            return False
