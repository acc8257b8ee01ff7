"""The CRI, by recorded messages of containerd."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from capture.containers import Container, CriSource, Mount, Runtime, SourceError
from capture.containers.cri_messages import CLASSES
from tests.capture_containers.answers import recorded
from tests.capture_containers.servers import Refused, Reply, cri_at, recorded_cri


def answer(name: str) -> Any:
    return CLASSES[f"{name}Response"].FromString(recorded(f"{name}.binpb"))


ID, SANDBOX = answer("ContainerStatus").status.id, answer("PodSandboxStatus").status.id
POD = {
    "io.kubernetes.sandbox.id": SANDBOX,
    "io.kubernetes.pod.name": "web-0",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.uid": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
}


@pytest.fixture
def source(tmp_path: Path) -> Iterator[CriSource]:
    source = CriSource(tmp_path / "cri.sock", timeout=10.0)
    yield source
    source.close()


def found(source: CriSource, full_id: str = ID, **replies: Reply) -> Container:
    with cri_at(source.socket, recorded_cri() | replies):
        container = source.lookup(full_id)
    assert container is not None
    return container


def changed(**info: Any) -> bytes:
    """The recorded container with another info."""
    status = answer("ContainerStatus")
    status.info["info"] = json.dumps(info)
    return bytes(status.SerializeToString())


def test_containerd_tells_all_that_fields_show(source: CriSource) -> None:
    image_id = answer("ContainerStatus").status.image_ref
    assert found(source).metadata() == {
        "type": 7,
        "id": ID[:12],
        "full_id": ID,
        "name": "web",
        "image": "localhost/busybox:1",
        "imageid": image_id.removeprefix("sha256:"),
        "imagerepo": "localhost/busybox",
        "imagetag": "1",
        "imagedigest": image_id,
        "User": "",
        "created_time": answer("ContainerStatus").status.created_at // 10**9,
        "privileged": True,
        "host_pid": False,
        "host_network": False,
        "host_ipc": False,
        "ip": answer("PodSandboxStatus").status.network.ip,
        "cni_json": found(source).cni_json,
        "is_pod_sandbox": False,
        "pod_sandbox_id": SANDBOX,
        "pod_sandbox_labels": {"app": "web", "io.kubernetes.pod.name": "web-0"},
        "labels": {"io.kubernetes.container.name": "web"} | POD,
        "Mounts": [
            {"Source": "/tmp", "Destination": "/data", "Mode": "", "RW": False, "Propagation": "private"}
        ],
    }


def test_inner_interfaces_are_left_out(source: CriSource) -> None:
    interfaces = json.loads(found(source).cni_json)
    assert "eth0" in interfaces
    assert not [name for name in interfaces if name.startswith(("lo", "veth"))]


def test_the_environment_is_not_told(source: CriSource) -> None:
    assert b"secret" in recorded("ContainerStatus.binpb")
    assert "secret" not in json.dumps(found(source).metadata())


def test_a_sandbox_is_a_container_that_stands_for_its_pod(source: CriSource) -> None:
    sandbox = found(source, SANDBOX)
    assert (sandbox.is_sandbox, sandbox.full_id, sandbox.sandbox_id) == (True, SANDBOX, SANDBOX)
    assert (sandbox.name, sandbox.image.repository, sandbox.labels) == ("web-0", "localhost/pause", POD)


def test_the_runtimes_word_on_the_pod_counts_and_not_a_label(source: CriSource) -> None:
    status = answer("ContainerStatus")
    status.status.labels["io.kubernetes.pod.namespace"] = "kube-system"
    container = found(source, ContainerStatus=status.SerializeToString())
    assert container.labels["io.kubernetes.pod.namespace"] == "shop"


@pytest.mark.parametrize(
    ("image", "reference", "annotations", "expected"),
    [
        ("docker.io/nginx:1", "docker.io/nginx@sha256:aa", {}, ("docker.io/nginx:1", "1", "sha256:aa")),
        ("box:5000/web", "sha256:bb", {}, ("box:5000/web", "", "sha256:bb")),
        ("sha256:cc", "docker.io/nginx@sha256:aa", {}, ("docker.io/nginx", "", "sha256:aa")),
        ("sha256:cc", "sha256:cc", {"io.kubernetes.cri.image-name": "web:2"}, ("web:2", "2", "sha256:cc")),
        ("", "sha256:cc", {"io.kubernetes.cri-o.ImageName": "q.io/web:3"}, ("q.io/web:3", "3", "sha256:cc")),
        ("sha256:cc", "sha256:cc", {}, ("", "", "sha256:cc")),
    ],
)
def test_an_image_has_the_name_that_people_know(
    source: CriSource, image: str, reference: str, annotations: dict[str, str], expected: tuple[str, str, str]
) -> None:
    status = answer("ContainerStatus")
    status.status.image.image, status.status.image_ref = image, reference
    status.info["info"] = json.dumps({"runtimeSpec": {"annotations": annotations}})
    named = found(source, ContainerStatus=status.SerializeToString()).image
    assert (named.name, named.tag, named.digest) == expected


def test_what_newer_runtimes_tell_is_read(source: CriSource) -> None:
    status = answer("ContainerStatus")
    status.status.user.linux.uid = 0
    status.status.image_id = "sha256:" + "d" * 64
    status.status.image_ref = "docker.io/busybox@sha256:aa"
    status.status.mounts[0].propagation = 2
    container = found(source, ContainerStatus=status.SerializeToString())
    assert (container.user, container.image.id) == ("0", "d" * 64)
    assert container.mounts == (
        Mount(source="/tmp", destination="/data", writable=False, propagation="rshared"),
    )


@pytest.mark.parametrize(
    ("name", "runtime"), [("containerd", Runtime.CONTAINERD), ("cri-o", Runtime.CRIO), ("other", Runtime.CRI)]
)
def test_each_runtime_has_its_type(source: CriSource, name: str, runtime: Runtime) -> None:
    version = CLASSES["VersionResponse"](runtime_name=name).SerializeToString()
    assert found(source, Version=version).runtime is runtime


def test_cri_o_tells_privileges_and_network_in_its_own_way(source: CriSource) -> None:
    sandbox = answer("PodSandboxStatus")
    annotations = {"io.kubernetes.cri-o.CNIResult": '{"eth0":1}'}
    sandbox.info["info"] = json.dumps({"runtimeSpec": {"annotations": annotations}})
    status = changed(privileged=True)
    container = found(source, ContainerStatus=status, PodSandboxStatus=sandbox.SerializeToString())
    assert (container.privileged, container.cni_json) == (True, '{"eth0":1}')


def test_shared_namespaces_are_told(source: CriSource) -> None:
    sandbox = answer("PodSandboxStatus")
    options = sandbox.status.linux.namespaces.options
    options.network, options.pid, options.ipc = 2, 1, 2
    container = found(source, PodSandboxStatus=sandbox.SerializeToString())
    assert (container.host_network, container.host_pid, container.host_ipc) == (True, False, True)


@pytest.mark.parametrize("info", ['{"privileged": "yes"}', "{", '"text"', "\x00"])
def test_an_info_of_another_form_costs_no_more_than_what_it_tells(
    source: CriSource, caplog: pytest.LogCaptureFixture, info: str
) -> None:
    status = answer("ContainerStatus")
    status.info["info"] = info
    with caplog.at_level(logging.WARNING):
        container = found(source, ContainerStatus=status.SerializeToString())
    assert (container.name, container.privileged) == ("web", False)
    assert "privileged containers look like others" in caplog.text


def test_a_container_whose_pod_has_gone_is_told_without_it(source: CriSource) -> None:
    gone = Refused(grpc.StatusCode.NOT_FOUND)
    container = found(source, PodSandboxStatus=gone)
    assert (container.name, container.ip, container.pod_labels) == ("web", "", {})


def test_an_unknown_container_is_none(source: CriSource) -> None:
    with cri_at(source.socket, recorded_cri()):
        assert source.lookup("0" * 64) is None


def test_an_answer_for_another_container_is_none(source: CriSource) -> None:
    other = CLASSES["PodSandboxStatusResponse"]()
    other.status.id = "f" * 64
    with cri_at(source.socket, recorded_cri() | {"PodSandboxStatus": other.SerializeToString()}):
        assert source.lookup("0" * 64) is None


def test_a_server_without_the_cri_knows_nothing(source: CriSource) -> None:
    """As docker's containerd, whose CRI is turned off."""
    with cri_at(source.socket, {}):
        assert source.lookup(ID) is None


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Refused(grpc.StatusCode.UNAVAILABLE, "starting"), "UNAVAILABLE: starting"),
        (Refused(grpc.StatusCode.PERMISSION_DENIED, "\x1b[31mred"), r"\\x1b"),
        (b"\xff\xff", "INTERNAL"),
        (b"\x0a" + b"\x80\x80\x80\x02" + b"x" * (4 * 2**20), "INTERNAL|RESOURCE_EXHAUSTED"),
    ],
)
def test_a_failed_call_is_an_error_that_names_the_source(
    source: CriSource, reply: Reply, complaint: str
) -> None:
    with (
        cri_at(source.socket, recorded_cri() | {"ContainerStatus": reply}),
        pytest.raises(SourceError, match=complaint) as caught,
    ):
        source.lookup(ID)
    assert str(caught.value).startswith("cri:/")
    assert str(caught.value).isprintable()


def test_nobody_at_the_socket_is_an_error_at_once(source: CriSource) -> None:
    with pytest.raises(SourceError, match="UNAVAILABLE"):
        source.lookup(ID)


def test_nobody_who_answers_is_an_error_in_time(tmp_path: Path) -> None:
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as silent, contextlib.closing(CriSource(path, timeout=0.1)) as source:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(SourceError, match="DEADLINE_EXCEEDED"):
            source.lookup(ID)


def test_a_server_that_comes_back_is_asked_again(source: CriSource) -> None:
    for _ in range(2):
        with cri_at(source.socket, recorded_cri()):
            assert eventually(source).full_id == ID
        with pytest.raises(SourceError):
            source.lookup(ID)


def eventually(source: CriSource) -> Container:
    """The container, as soon as the connection is made again: it is tried every half a second."""
    for _ in range(60):
        with contextlib.suppress(SourceError):
            container = source.lookup(ID)
            assert container is not None
            return container
        time.sleep(0.05)
    raise AssertionError("the source never recovers")
