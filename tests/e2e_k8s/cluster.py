"""A real API server with its etcd on loopback, set up with the files that the product ships."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from tests.shared_data import ROOT

DEPLOY = ROOT / "capture/deploy/audit"
ADMIN = {"authorization": "Bearer admin-token"}
CACHE = Path(os.environ.get("FALCOLAB_K8S", Path.home() / ".cache/falcolab/k8s"))
_READY_SECONDS = 60


@dataclass(frozen=True)
class Webhook:
    """Where the API server sends its events, and what it shows there."""

    port: int
    authority: Path
    token: Path


@dataclass(frozen=True)
class ApiServer:
    """A running API server.

    Attributes:
        client: an administrator's.
        log: its audit log.
    """

    client: httpx.Client
    log: Path

    def errors(self, plugin: str) -> float:
        """How many audit events it counts as lost, by the part of it that lost them."""
        text = self.client.get("/metrics").text
        found = re.search(rf'^apiserver_audit_error_total{{plugin="{plugin}"}} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def request(self, name: str) -> None:
        """Ask for something whose audit event can be told from others."""
        answer = self.client.get(f"/api/v1/namespaces/default/configmaps/{name}")
        assert answer.status_code == 404, answer.text


@contextlib.contextmanager
def running(folder: Path, webhook: Webhook, **flags: str) -> Iterator[ApiServer]:
    """Start etcd and the API server; flags replace those of the shipped configuration."""
    folder.mkdir()
    etcd, peer, secure = free_port(), free_port(), free_port()
    log = folder / "audit.log"
    with (
        _process(folder, "etcd", _etcd(folder, etcd, peer)),
        _process(folder, "kube-apiserver", _api_server(folder, etcd, secure, webhook, flags)) as process,
        httpx.Client(base_url=f"https://127.0.0.1:{secure}", verify=False, headers=ADMIN) as client,
    ):
        _wait_until_ready(client, process, folder / "kube-apiserver.log")
        yield ApiServer(client, log)


def _etcd(folder: Path, port: int, peer: int) -> list[str]:
    client, between = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    return [
        "etcd",
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={between}",
        f"--initial-advertise-peer-urls={between}",
        f"--initial-cluster=default={between}",
        "--unsafe-no-fsync",
    ]


def _api_server(folder: Path, etcd: int, port: int, webhook: Webhook, flags: dict[str, str]) -> list[str]:
    _write_keys(folder)
    (folder / "tokens.csv").write_text("admin-token,kubernetes-admin,1,system:masters\n")
    return [
        str(CACHE / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'certificates'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--service-account-key-file={folder / 'sa.pub'}",
        f"--service-account-signing-key-file={folder / 'sa.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=Node,RBAC",
        *(f"--{name}={value}" for name, value in (_audit_flags(folder, webhook) | _spelled(flags)).items()),
    ]


def _spelled(flags: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in flags.items()}


def _audit_flags(folder: Path, webhook: Webhook) -> dict[str, str]:
    """Those of the shipped configuration, with files of ours in the place of those in /etc and /var."""
    config = yaml.safe_load((DEPLOY / "k3s-config.yaml").read_text())
    flags = dict(flag.split("=", 1) for flag in config["kube-apiserver-arg"])
    return flags | {
        "audit-policy-file": str(DEPLOY / "audit-policy.yaml"),
        "audit-log-path": str(folder / "audit.log"),
        "audit-webhook-config-file": str(_kubeconfig(folder, webhook)),
    }


def _kubeconfig(folder: Path, webhook: Webhook) -> Path:
    config = yaml.safe_load((DEPLOY / "webhook.kubeconfig.yaml").read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    cluster["server"] = cluster["server"].replace("9765", str(webhook.port))
    cluster["certificate-authority"], user["tokenFile"] = str(webhook.authority), str(webhook.token)
    file = folder / "webhook.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def _write_keys(folder: Path) -> None:
    key, public = folder / "sa.key", folder / "sa.pub"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)


@contextlib.contextmanager
def _process(folder: Path, name: str, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").text == "ok":
                return
        time.sleep(0.2)
    raise AssertionError(f"the API server is not ready: {log.read_text()[-2000:]}")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
