"""The Kubernetes API, by recorded answers, and the client that asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from capture.containers import Container, KubernetesPods, Runtime, SourceError
from capture.containers.container import POD_NAME, POD_NAMESPACE, POD_UID
from falcolab.errors import InputError
from tests.capture_containers.answers import recorded, recorded_json
from tests.capture_containers.servers import HttpHandler, Replies

POD, NAMESPACE = "/api/v1/namespaces/shop/pods/web-0", "/api/v1/namespaces/shop"
UID = recorded_json("pod.json")["metadata"]["uid"]
WEB = Container(
    runtime=Runtime.CRIO,
    full_id="a" * 64,
    sandbox_id="b" * 64,
    ip="10.1.2.3",
    labels={POD_NAME: "web-0", POD_NAMESPACE: "shop", POD_UID: UID},
    pod_labels={"app": "old", "io.kubernetes.pod.name": "web-0"},
)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    replies: Replies


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), HttpHandler) as server:
        server.replies = Replies(
            {POD: (200, recorded("pod.json")), NAMESPACE: (200, recorded("namespace.json"))}
        )
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def kubeconfig(folder: Path, server: str) -> Path:
    path = folder / "client.yaml"
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "it", "user": {"token": "secret"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture
def pods(server: Server, tmp_path: Path) -> Iterator[KubernetesPods]:
    config = kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}")
    with closing(KubernetesPods.connect(config, timeout=10.0)) as pods:
        yield pods


def changed_pod(**metadata: Any) -> tuple[int, bytes]:
    pod = recorded_json("pod.json")
    pod["metadata"] |= metadata
    return 200, json.dumps(pod).encode()


def test_a_pod_has_the_labels_of_today(pods: KubernetesPods) -> None:
    whole = pods.complete(WEB)
    assert whole == replace(
        WEB,
        pod_labels={"app": "web", "io.kubernetes.pod.name": "web-0", "tier": "front"},
        namespace_labels={"owner": "team-a"} | recorded_json("namespace.json")["metadata"]["labels"],
    )
    assert whole.metadata()["namespace_labels"]["owner"] == "team-a"


def test_an_address_that_the_runtime_does_not_know_is_the_pods(pods: KubernetesPods, server: Server) -> None:
    pod = recorded_json("pod.json")
    pod["status"]["podIP"] = "10.4.5.6"
    server.replies.bodies[POD] = 200, json.dumps(pod).encode()
    whole, known = pods.complete(replace(WEB, ip="")), pods.complete(WEB)
    assert whole is not None
    assert known is not None
    assert (whole.ip, known.ip) == ("10.4.5.6", "10.1.2.3")


def test_the_labels_of_a_namespace_are_asked_for_once(pods: KubernetesPods, server: Server) -> None:
    assert pods.complete(WEB) == pods.complete(WEB)
    assert server.replies.asked.count(NAMESPACE) == 1


def test_a_pod_that_has_the_name_of_another_one_is_not_it(pods: KubernetesPods, server: Server) -> None:
    server.replies.bodies[POD] = changed_pod(uid="other")
    assert pods.complete(WEB) is None


def test_a_static_pod_has_two_uids(pods: KubernetesPods, server: Server) -> None:
    server.replies.bodies[POD] = changed_pod(uid="other", annotations={"kubernetes.io/config.hash": UID})
    assert pods.complete(WEB) is not None


def test_an_unknown_pod_is_not_known_yet(pods: KubernetesPods, server: Server) -> None:
    del server.replies.bodies[POD]
    assert pods.complete(WEB) is None


def test_labels_of_docker_prove_no_pod(pods: KubernetesPods, server: Server) -> None:
    docker = replace(WEB, runtime=Runtime.DOCKER, sandbox_id="")
    assert pods.complete(docker) is docker
    assert server.replies.asked == []


def test_a_hostile_name_stays_in_its_place_of_the_path(pods: KubernetesPods, server: Server) -> None:
    pods.complete(replace(WEB, labels=WEB.labels | {POD_NAME: "../../../secrets?x=1#"}))
    assert server.replies.asked == [f"{NAMESPACE}/pods/..%2F..%2F..%2Fsecrets%3Fx%3D1%23"]


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ((403, b"{}"), "status 403"),
        ((500, b"{}"), "status 500"),
        ((200, b"no json"), "kubernetes: "),
        ((200, b'{"metadata":{"name":'), "kubernetes: "),
        ((200, b"{}"), "without metadata"),
        ((200, b"[]"), "kubernetes: "),
        ((200, b'"text"'), "kubernetes: "),
        ((200, b'{"metadata":[1]}'), "kubernetes: "),
    ],
)
def test_a_senseless_answer_is_an_error(
    pods: KubernetesPods, server: Server, reply: tuple[int, bytes], complaint: str
) -> None:
    server.replies.bodies[POD] = reply
    with pytest.raises(SourceError, match=complaint) as caught:
        pods.complete(WEB)
    assert "secret" not in str(caught.value)


def test_no_answer_in_time_is_an_error(server: Server, tmp_path: Path) -> None:
    server.replies.delay = 1.0
    config = kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}")
    with (
        closing(KubernetesPods.connect(config, timeout=0.1)) as pods,
        pytest.raises(SourceError, match="timed out"),
    ):
        pods.complete(WEB)


def test_nobody_at_the_address_is_an_error(tmp_path: Path) -> None:
    with (
        closing(KubernetesPods.connect(kubeconfig(tmp_path, "http://127.0.0.1:9"))) as pods,
        pytest.raises(SourceError, match="refused"),
    ):
        pods.complete(WEB)


def test_without_a_configuration_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no access to the Kubernetes API"):
        KubernetesPods.connect(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="no access to the Kubernetes API"):
        KubernetesPods.connect()


def test_the_client_is_loaded_only_where_it_is_used() -> None:
    """It takes half a second and 30 MB."""
    program = "import sys, capture.containers; print('kubernetes' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(InputError, match="pip install kubernetes"):
        KubernetesPods.connect()
