"""A real API server takes the manifest as it is, and its account may do what it needs and no more."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e_containers.kubernetes import Kubernetes
from tests.e2e_k8s.cluster import CACHE
from tests.shared_data import ROOT

pytestmark = pytest.mark.e2e

MANIFEST = ROOT / "capture/deploy/kubernetes/falcolab-capture.yaml"
ACCOUNT = "system:serviceaccount:falcolab:falcolab-capture"

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    if not (CACHE / "kube-apiserver").exists() or shutil.which("kubectl") is None:
        pytest.skip("needs kubectl and a kube-apiserver: make e2e-k8s has them")
    with Kubernetes.running(tmp_path_factory.mktemp("cluster") / "api") as kubernetes:

        def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
            command = ["kubectl", "--kubeconfig", kubernetes.kubeconfig, *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        applied = run("apply", "--validate=true", "-f", MANIFEST)
        assert applied.returncode == 0, applied.stderr
        yield run


def test_everything_of_the_manifest_is_there(kubectl: Kubectl) -> None:
    listed = kubectl("-n", "falcolab", "get", "daemonset,serviceaccount,configmap", "-o", "name")
    assert {
        "daemonset.apps/falcolab-capture",
        "serviceaccount/falcolab-capture",
        "configmap/falcolab-capture",
    } <= set(listed.stdout.split())


def test_a_second_time_changes_nothing(kubectl: Kubectl) -> None:
    lines = kubectl("apply", "-f", MANIFEST).stdout.splitlines()
    assert len(lines) == 6
    assert all(line.endswith("unchanged") for line in lines)


@pytest.mark.parametrize(
    ("verb", "resource", "answer"),
    [("get", "pods", "yes"), ("get", "namespaces", "yes"), ("list", "pods", "no"), ("get", "secrets", "no")],
)
def test_what_its_account_may_do(kubectl: Kubectl, verb: str, resource: str, answer: str) -> None:
    assert kubectl("auth", "can-i", verb, resource, "-A", "--as", ACCOUNT).stdout.strip() == answer
