"""The labels that a pod has now come from a real API server."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from capture.containers import Container, KubernetesPods, Runtime
from capture.containers.container import POD_NAME, POD_NAMESPACE, POD_UID
from tests.e2e_containers.kubernetes import Kubernetes
from tests.e2e_k8s.cluster import CACHE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not (CACHE / "kube-apiserver").exists(), reason="needs what make e2e-k8s builds"),
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]


def test_a_real_api_server_tells_the_labels_of_pod_and_namespace(tmp_path: Path) -> None:
    with Kubernetes.running(tmp_path / "k8s") as kubernetes:
        pod, _ = kubernetes.create_pod("web-0", "shop", app="web", tier="front")
        with closing(KubernetesPods.connect(kubernetes.kubeconfig)) as pods:
            found = pods.complete(_container(pod["metadata"]["uid"]))
            other = pods.complete(_container("of another pod that had this name"))
    assert found is not None
    assert found.pod_labels == {"app": "web", "tier": "front"}
    assert found.namespace_labels["owner"] == "team-a"
    assert other is None


def _container(uid: str) -> Container:
    labels = {POD_NAME: "web-0", POD_NAMESPACE: "shop", POD_UID: uid}
    return Container(runtime=Runtime.CONTAINERD, full_id="a" * 64, sandbox_id="b" * 64, labels=labels)
