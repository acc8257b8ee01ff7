"""A real API server with a pod; no kubelet: nothing runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from tests.e2e_k8s.cluster import Webhook, free_port, running

_TOKEN = "admin-token"


@dataclass(frozen=True)
class Kubernetes:
    """A running API server."""

    client: httpx.Client
    kubeconfig: Path

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path) -> Iterator[Kubernetes]:
        """Start one, whose audit events go nowhere."""
        folder.mkdir(exist_ok=True)
        authority, token = folder / "authority.pem", folder / "token"
        trustme.CA().cert_pem.write_to_path(authority)
        token.write_text("none")
        webhook = Webhook(free_port(), authority, token)
        with running(folder / "server", webhook, disable_admission_plugins="ServiceAccount") as server:
            kubeconfig = folder / "client.yaml"
            kubeconfig.write_text(yaml.safe_dump(_client_config(str(server.client.base_url))))
            yield cls(server.client, kubeconfig)

    def create_pod(self, name: str, namespace: str, **labels: str) -> tuple[Any, Any]:
        """A pod in a namespace of its own, as the API tells both."""
        owner = {"metadata": {"name": namespace, "labels": {"owner": "team-a"}}}
        self._post("/api/v1/namespaces", owner)
        pod = {
            "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [{"name": "web", "image": "busybox:1"}]},
        }
        made = self._post(f"/api/v1/namespaces/{namespace}/pods", pod)
        return made, self.client.get(f"/api/v1/namespaces/{namespace}").json()

    def _post(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


def _client_config(server: str) -> Any:
    return {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "admin"}}],
        "clusters": [{"name": "it", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": _TOKEN}}],
    }
