"""The audit policy keeps what the official rules need, and no secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import falcolab
from falcolab.rules.loader import load_texts
from falcolab.rules.ruleset import Ruleset
from tests.capture_audit.doubles import event
from tests.capture_audit.policy import kept, level_of
from tests.shared_data import ROOT

DEPLOY = ROOT / "capture/deploy/audit"

SWITCHED_ON = """
- macro: allowed_k8s_containers
  condition: (k8s_audit_never_true)
- macro: allowed_full_admin_users
  condition: (k8s_audit_never_true)
- macro: allow_all_k8s_nodes
  condition: (k8s_audit_never_true)
"""
"""Rules that the official file keeps from matching until somebody fills in their lists."""

NOT_MEANT = {"All K8s Audit Events"}
"""It shows the whole event, so that less of it is another output; it never matches as it comes."""


@pytest.fixture(scope="module")
def policy() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "audit-policy.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def official(official_rules: Path) -> Ruleset:
    text = (official_rules / "k8s_audit_rules.yaml").read_text()
    loaded = load_texts([("official.yaml", text), ("on.yaml", SWITCHED_ON)], {"k8s_audit"})
    assert loaded.ruleset is not None
    return loaded.ruleset


def _request(number: int, verb: str, target: str, user: str = "jane", code: int = 201, **members: Any) -> Any:
    """An event about a ``group/resource/subresource``, of which the last may be left out."""
    group, resource, subresource = [*target.split("/"), ""][:3]
    reference = {"apiGroup": group, "resource": resource, "subresource": subresource, "name": "x"}
    return event(
        number,
        level="RequestResponse",
        verb=verb,
        user={"username": user},
        objectRef={key: value for key, value in reference.items() if value} | {"namespace": "team"},
        responseStatus={"code": code},
        annotations={"authorization.k8s.io/decision": "allow"},
        responseObject={"metadata": {"name": "made-up"}},
        **members,
    )


POD = {"spec": {"containers": [{"image": "evil:1"}], "hostIPC": True, "hostPID": True}}
EPHEMERAL = {"ephemeralContainers": [{"name": "debug", "image": "tools:1"}]}
NODE = "system:node:new"
RBAC = "rbac.authorization.k8s.io"
REQUESTS: list[dict[str, Any]] = [
    {"verb": "create", "target": "/pods", "requestObject": POD},
    {"verb": "update", "target": "/pods/ephemeralcontainers", "requestObject": EPHEMERAL},
    {"verb": "patch", "target": "/pods/ephemeralcontainers", "requestObject": EPHEMERAL},
    {"verb": "get", "target": "/pods/exec", "user": "system:apiserver", "stage": "ResponseStarted"},
    {"verb": "get", "target": "/pods/portforward", "user": "system:kube-scheduler"},
    {"verb": "get", "target": "/secrets"},
    {"verb": "get", "target": "/secrets", "user": "system:kube-controller-manager", "code": 403},
    {"verb": "create", "target": "/secrets", "requestObject": {"data": {"password": "aHVudGVyMg=="}}},
    {"verb": "delete", "target": f"{RBAC}/roles"},
    {"verb": "delete", "target": f"{RBAC}/rolebindings"},
    {"verb": "create", "target": "networking.k8s.io/ingresses", "requestObject": {"spec": {"tls": [{}]}}},
    {"verb": "create", "target": "networking.k8s.io/ingresses", "requestObject": {"spec": {}}},
    {"verb": "create", "target": "extensions/ingresses", "requestObject": {"spec": {}}},
    {"verb": "create", "target": "/nodes", "user": NODE},
    {"verb": "create", "target": "/nodes", "user": NODE, "code": 403},
    {"verb": "list", "target": "/namespaces", "user": "kubernetes-admin", "code": 200},
    {"verb": "list", "target": "/pods", "user": "system:anonymous"},
]


@pytest.fixture(scope="module")
def events(shared: Path) -> list[dict[str, Any]]:
    """Events at the highest level for every official rule: those that Falco tests with, and our own."""
    recorded = shared / "conformance/captures/k8s_audit"
    lines = [
        json.loads(line)
        for name in ("regression.jsonl", "cluster.jsonl")
        for line in (recorded / name).read_text().splitlines()
    ]
    ours = [_request(number, **request) for number, request in enumerate(REQUESTS)]
    return [line for line in lines if "user" in line] + ours


def _alerts(folder: Path, events: list[dict[str, Any]], rules: Ruleset) -> list[tuple[str, str]]:
    log = folder / "audit.log"
    log.write_text("".join(json.dumps(line) + "\n" for line in events))
    falcolab.Lake.ingest(folder / "lake", log)
    return [(alert.rule.name, alert.output) for alert in falcolab.Lake(folder / "lake").replay(rules)]


def test_the_official_rules_raise_the_same_alerts_on_what_is_kept(
    tmp_path: Path, events: list[dict[str, Any]], official: Ruleset, policy: dict[str, Any]
) -> None:
    recorded = [left for whole in events if (left := kept(policy, whole)) is not None]
    (tmp_path / "all").mkdir()
    (tmp_path / "kept").mkdir()
    everything = _alerts(tmp_path / "all", events, official)
    assert {rule.name for rule in official.rules} - {name for name, _ in everything} == NOT_MEANT
    assert _alerts(tmp_path / "kept", recorded, official) == everything
    assert len(recorded) < len(events)


LEVELS = [
    ("get", "/secrets", "jane", "Metadata"),
    ("create", "/secrets", "jane", "Metadata"),
    ("update", "/secrets", "system:kube-controller-manager", "Metadata"),
    ("get", "/secrets", "system:node:worker", "Metadata"),
    ("list", "/secrets", "jane", "Metadata"),
    ("create", "/serviceaccounts/token", "system:node:worker", "Metadata"),
    ("create", "authentication.k8s.io/tokenreviews", "jane", "Metadata"),
    ("create", "/nodes/proxy", "jane", "Metadata"),
    ("get", "/nodes/proxy", "system:node:worker", "Metadata"),
    ("list", "/pods", "jane", "Metadata"),
    ("list", "/pods", "system:serviceaccount:team:app", "Metadata"),
    ("list", "/pods", "system:kube-scheduler", "None"),
    ("watch", "/pods", "system:node:worker", "None"),
    ("get", "/nodes", "system:node:worker", "None"),
    ("patch", "/nodes/status", "system:node:worker", "Metadata"),
    ("create", "/pods", "system:serviceaccount:kube-system:replicaset-controller", "RequestResponse"),
    ("create", "/pods/binding", "system:kube-scheduler", "Metadata"),
    ("update", "/configmaps", "jane", "Request"),
    ("get", "/configmaps", "jane", "Metadata"),
]


@pytest.mark.parametrize(("verb", "target", "user", "level"), LEVELS)
def test_levels(policy: dict[str, Any], verb: str, target: str, user: str, level: str) -> None:
    request = _request(1, verb, target, user)
    if user.startswith("system:node:"):
        request["user"]["groups"] = ["system:nodes", "system:authenticated"]
    assert level_of(policy, request) == level


@pytest.mark.parametrize(
    ("uri", "user", "level"),
    [
        ("/healthz", "system:anonymous", "None"),
        ("/readyz?verbose", "system:anonymous", "None"),
        ("/healthz/etcd", "system:anonymous", "Metadata"),
        ("/version", "system:anonymous", "Metadata"),
        ("/healthz", "jane", "Metadata"),
    ],
)
def test_levels_of_urls(policy: dict[str, Any], uri: str, user: str, level: str) -> None:
    request = event(1, verb="get", requestURI=uri, user={"username": user})
    assert level_of(policy, request) == level


def _arguments(config: Any) -> dict[str, str]:
    """Of the API server, in any of the forms that the files have."""
    if "kube-apiserver-arg" in config:
        return dict(argument.split("=", 1) for argument in config["kube-apiserver-arg"])
    given = config["apiServer"]["extraArgs"]
    return given if isinstance(given, dict) else {each["name"]: each["value"] for each in given}


def test_the_files_for_k3s_and_kubeadm_say_the_same() -> None:
    names = ("k3s-config.yaml", "kubeadm-v1beta3.yaml", "kubeadm-v1beta4.yaml")
    first, *others = [_arguments(yaml.safe_load((DEPLOY / name).read_text())) for name in names]
    assert all(other == first for other in others)
    assert all(isinstance(value, str) for value in first.values())


def test_what_the_api_server_needs_is_mounted_into_it() -> None:
    for name in ("kubeadm-v1beta3.yaml", "kubeadm-v1beta4.yaml"):
        config = yaml.safe_load((DEPLOY / name).read_text())
        mounted = [volume["mountPath"] for volume in config["apiServer"]["extraVolumes"]]
        files = [value for value in _arguments(config).values() if value.startswith("/")]
        assert files
        assert all(any(file.startswith(f"{folder}/") for folder in mounted) for file in files)
