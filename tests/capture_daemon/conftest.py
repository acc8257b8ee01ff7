"""Keys for a webhook, and file systems that are soon full."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.capture_audit.doubles import TOKEN, event_list, item, token_file


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "kernel: loads the probe into the running kernel, which needs root")


@dataclass
class Webhook:
    """The settings of a webhook, and its API server."""

    folder: Path
    port: int = 0

    def __post_init__(self) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(self.folder / "server.pem")
        issued.private_key_pem.write_to_path(self.folder / "server.key")
        authority.cert_pem.write_to_path(self.folder / "ca.pem")
        token_file(self.folder)

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """What its clients trust."""
        return ssl.create_default_context(cafile=self.folder / "ca.pem")

    @property
    def settings(self) -> dict[str, Any]:
        """As the configuration has them."""
        names = {"certificate": "server.pem", "key": "server.key", "token_file": "token"}
        files = {key: str(self.folder / name) for key, name in names.items()}
        return {"host": "127.0.0.1", "port": self.port, **files}

    def send(self, *numbers: int, port: int | None = None) -> httpx.Response:
        """Post events."""
        url = f"https://127.0.0.1:{port or self.port}/k8s-audit"
        headers = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(verify=self.trust, headers=headers, trust_env=False) as client:
            return client.post(url, content=event_list(*map(item, numbers)))


@pytest.fixture
def webhook(tmp_path: Path) -> Webhook:
    return Webhook(tmp_path)


@dataclass(frozen=True)
class SmallDisk:
    """A file system with little room."""

    path: Path

    def fill(self) -> None:
        """Leave no room."""
        with (self.path / "filler").open("wb") as stream, suppress(OSError):
            while True:
                os.write(stream.fileno(), bytes(4096))

    def make_room(self) -> None:
        """Take that back."""
        (self.path / "filler").unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """One of 16 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield SmallDisk(disk)
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
