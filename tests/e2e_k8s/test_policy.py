"""A real API server takes the policy that is shipped, and the official rules see what was done."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

import falcolab
from tests.capture_audit.doubles import event_list
from tests.e2e_k8s.cluster import running
from tests.e2e_k8s.daemon import Daemon, ask

pytestmark = pytest.mark.e2e
RBAC = "rbac.authorization.k8s.io"

OFFENCES: list[tuple[str, str, dict[str, object] | None, str]] = [
    (
        "POST",
        f"/apis/{RBAC}/v1/clusterroles",
        {"metadata": {"name": "all"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
        "ClusterRole With Wildcard Created",
    ),
    (
        "POST",
        f"/apis/{RBAC}/v1/clusterrolebindings",
        {
            "metadata": {"name": "mine"},
            "roleRef": {
                "apiGroup": RBAC,
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
        },
        "Attach to cluster-admin Role",
    ),
    (
        "POST",
        "/api/v1/namespaces/default/configmaps",
        {"metadata": {"name": "keys"}, "data": {"aws_access_key_id": "x"}},
        "Create/Modify Configmap With Private Credentials",
    ),
    (
        "POST",
        "/api/v1/namespaces/default/secrets",
        {"metadata": {"name": "hidden"}, "stringData": {"password": "hunter2"}},
        "K8s Secret Created",
    ),
    ("GET", "/api/v1/namespaces/default/secrets/hidden", None, "K8s Secret Get Successfully"),
    (
        "POST",
        "/api/v1/namespaces/default/pods",
        {
            "metadata": {"generateName": "evil-"},
            "spec": {"containers": [{"name": "a", "image": "a", "securityContext": {"privileged": True}}]},
        },
        "Create Privileged Pod",
    ),
]


@pytest.mark.parametrize("way", ["webhook", "log"])
def test_the_official_rules_see_what_was_done(
    daemon: Daemon, tmp_path: Path, official_rules: Path, way: str
) -> None:
    unbuilt = {"disable_admission_plugins": "ServiceAccount", "allow_privileged": "true"}
    with daemon.running() as parts, running(tmp_path / "cluster", daemon.webhook, **unbuilt) as api:
        for method, path, body, _ in OFFENCES:
            answer = api.client.request(method, path, json=body)
            assert answer.status_code in (200, 201), answer.text
        daemon.wait_for(ask(api, "last", 1), 10)
        recorded = (
            event_list(*map(json.loads, parts.sink.events)) if way == "webhook" else api.log.read_bytes()
        )
    (tmp_path / "recorded").write_bytes(recorded)
    falcolab.Lake.ingest(tmp_path / "lake", tmp_path / "recorded")
    rules = falcolab.load_rules(official_rules / "k8s_audit_rules.yaml")
    alerts = {alert.rule.name: alert.output for alert in falcolab.Lake(tmp_path / "lake").replay(rules)}
    assert {rule for _, _, _, rule in OFFENCES} <= alerts.keys()
    assert "pod=evil-" in alerts["Create Privileged Pod"]
    assert b"hunter2" not in recorded
    assert base64.b64encode(b"hunter2") not in recorded
