"""The real daemon, as its users start it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from tests.capture_audit.doubles import token_file
from tests.e2e_containers.processes import wait_for
from tests.e2e_k8s.cluster import Webhook, free_port

PROGRAM = Path(sys.executable).with_name("falcolab")
_STOP_SECONDS = 120  # what others on the machine have done until then is recorded first


@dataclass(frozen=True)
class Recording:
    """A daemon's folder, with what it needs and what it leaves.

    Attributes:
        rules: files.
        changes: of the configuration, by section.
        status: the port for health and metrics.
        webhook: where audit events go.
    """

    folder: Path
    rules: Sequence[Path]
    changes: Mapping[str, Any]
    status: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(self.webhook.authority)
        issued.cert_chain_pems[0].write_to_path(self.folder / "server.pem")
        issued.private_key_pem.write_to_path(self.folder / "server.key")
        token_file(self.folder)
        (self.folder / "capture.yaml").write_text(yaml.safe_dump({**self._config(), **self.changes}))

    @property
    def webhook(self) -> Webhook:
        """What a sender of audit events has to know."""
        return Webhook(self.port, self.folder / "authority.pem", self.folder / "token")

    def _config(self) -> dict[str, Any]:
        webhook = {
            "host": "127.0.0.1",
            "port": self.port,
            "certificate": str(self.folder / "server.pem"),
            "key": str(self.folder / "server.key"),
            "token_file": str(self.webhook.token),
        }
        return {
            "lake": str(self.lake),
            "rules": list(map(str, self.rules)),
            "audit": {"webhook": webhook},
            "outputs": {"stdout": False, "file": str(self.folder / "alerts.jsonl")},
            "status": {"port": self.status},
        }

    @property
    def lake(self) -> Path:
        """What is recorded."""
        return self.folder / "lake"

    def alert_lines(self) -> list[str]:
        """What has been alerted so far, as JSON."""
        path = self.folder / "alerts.jsonl"
        return path.read_text().splitlines() if path.exists() else []

    def alerts(self) -> list[dict[str, Any]]:
        """The same as values."""
        return [json.loads(line) for line in self.alert_lines()]

    def metrics(self) -> dict[str, float]:
        """Every sample that is shown, by its name and labels."""
        text = httpx.get(f"http://127.0.0.1:{self.status}/metrics").text
        samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in samples}

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon, from when it is healthy."""
        with (self.folder / "daemon.log").open("ab") as log:
            command: list[str | Path] = [PROGRAM, "capture", "run", "-c", self.folder / "capture.yaml"]
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for(self._is_healthy, lambda: (self.folder / "daemon.log").read_text()[-2000:])
            yield process
            process.terminate()
            process.wait(_STOP_SECONDS)
        finally:
            process.kill()
            process.wait()

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.status}/healthz").status_code == 200
        except httpx.TransportError:
            return False
