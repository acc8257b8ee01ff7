"""Podman and docker, by recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from capture.containers import DockerSource, Mount, PodmanSource, Runtime, SourceError
from tests.capture_containers.answers import recorded_json
from tests.capture_containers.servers import Replies, http_at

ID = recorded_json("podman.json")["Id"]
OWN, DOCKERS = f"/v4.0.0/libpod/containers/{ID}/json", f"/containers/{ID}/json"
IMAGE = f"/images/{recorded_json('docker.json')['Image']}/json"

Named = tuple[str, str, str]
"""Repository, tag and digest of an image."""


# httpcore leaves a socket that could not connect to the garbage collector.
LEAK = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def body(value: object, status: int = 200) -> tuple[int, bytes]:
    return status, json.dumps(value).encode()


@pytest.fixture
def replies(tmp_path: Path) -> Iterator[Replies]:
    replies = Replies(
        {
            OWN: body(recorded_json("podman.json")),
            DOCKERS: body(recorded_json("docker.json")),
            IMAGE: body(recorded_json("image.json")),
        }
    )
    with http_at(tmp_path / "api.sock", replies):
        yield replies


@pytest.fixture
def podman(tmp_path: Path) -> Iterator[PodmanSource]:
    source = PodmanSource(tmp_path / "api.sock", timeout=10.0)
    yield source
    source.close()


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[DockerSource]:
    source = DockerSource(tmp_path / "api.sock", timeout=10.0)
    yield source
    source.close()


def test_podman_tells_all_that_fields_show(replies: Replies, podman: PodmanSource) -> None:
    found = podman.lookup(ID)
    assert found is not None
    assert found.metadata() == {
        "type": 11,
        "id": ID[:12],
        "full_id": ID,
        "name": "shop_web",
        "image": "localhost/busybox:1",
        "imageid": recorded_json("podman.json")["Image"],
        "imagerepo": "localhost/busybox",
        "imagetag": "1",
        "imagedigest": recorded_json("podman.json")["ImageDigest"],
        "User": "",
        "created_time": found.created,
        "privileged": True,
        "host_pid": True,
        "host_network": False,
        "host_ipc": False,
        "ip": recorded_json("podman.json")["NetworkSettings"]["IPAddress"],
        "cni_json": "",
        "is_pod_sandbox": False,
        "pod_sandbox_id": "",
        "pod_sandbox_labels": {},
        "labels": {"team": "shop"},
        "Mounts": [
            {"Source": "/tmp", "Destination": "/data", "Mode": "", "RW": False, "Propagation": "rprivate"}
        ],
    }
    assert 1.7e9 < found.created < 4e9
    assert found.ip


def test_docker_tells_the_same(replies: Replies, podman: PodmanSource, docker: DockerSource) -> None:
    one, two = podman.lookup(ID), docker.lookup(ID)
    assert one is not None
    assert two is not None
    assert two.runtime is Runtime.DOCKER
    assert {**two.metadata(), "type": 11} == one.metadata()


@pytest.mark.parametrize(
    ("asked", "names", "expected"),
    [
        ("nginx:1.25", (["nginx:1.25"], ["nginx@sha256:aa"]), ("nginx", "1.25", "sha256:aa")),
        (
            "box:5000/web:2",
            (["box:5000/web:2"], ["box:5000/web@sha256:b"]),
            ("box:5000/web", "2", "sha256:b"),
        ),
        ("nginx:1", (["mirror/nginx:1"], ["mirror/nginx@sha256:cc"]), ("nginx", "1", "")),
        ("nginx", (["web:3", "nginx:4"], ["nginx@sha256:dd"]), ("nginx", "4", "sha256:dd")),
        ("sha256:0123", (["web:3"], ["web@sha256:ee"]), ("web", "3", "sha256:ee")),
        ("sha256:0123", ([], ["web@sha256:ee"]), ("web", "", "sha256:ee")),
        ("sha256:0123", ([], []), ("", "", "")),
        ("0123abcd", (["web:3"], []), ("web", "3", "")),
    ],
)
def test_an_image_is_named_as_it_was_asked_for(
    replies: Replies, docker: DockerSource, asked: str, names: tuple[list[str], list[str]], expected: Named
) -> None:
    tags, digests = names
    container = recorded_json("docker.json")
    container["Config"]["Image"] = asked
    replies.bodies |= {DOCKERS: body(container), IMAGE: body({"RepoTags": tags, "RepoDigests": digests})}
    found = docker.lookup(ID)
    assert found is not None
    assert (found.image.repository, found.image.tag, found.image.digest) == expected


def test_docker_knows_the_address_of_a_shared_network(replies: Replies, docker: DockerSource) -> None:
    other = "c" * 64
    sharing, shared = recorded_json("docker.json"), recorded_json("docker.json")
    sharing["HostConfig"]["NetworkMode"] = f"container:{other}"
    sharing["NetworkSettings"] = {"IPAddress": "", "Networks": None}
    shared |= {"Id": other, "NetworkSettings": {"Networks": {"shop": {"IPAddress": "10.9.8.7"}}}}
    replies.bodies |= {DOCKERS: body(sharing), f"/containers/{other}/json": body(shared)}
    found = docker.lookup(ID)
    assert found is not None
    assert found.ip == "10.9.8.7"


def test_null_stands_for_nothing(replies: Replies, podman: PodmanSource) -> None:
    bare = {"Id": ID, "Config": {"Labels": None}, "NetworkSettings": {"Networks": None}, "Mounts": None}
    replies.bodies[OWN] = body(bare)
    found = podman.lookup(ID)
    assert found is not None
    assert (found.labels, found.mounts, found.ip, found.created) == ({}, (), "", 0)


def test_mounts_keep_their_order(replies: Replies, podman: PodmanSource) -> None:
    mounts = [{"Source": f"/{name}", "Destination": f"/in/{name}", "RW": True} for name in "ba"]
    replies.bodies[OWN] = body({"Id": ID, "Mounts": mounts})
    found = podman.lookup(ID)
    assert found is not None
    assert found.mounts == (Mount(source="/b", destination="/in/b"), Mount(source="/a", destination="/in/a"))


@pytest.mark.parametrize("source", ["podman", "docker"])
def test_an_answer_for_another_container_is_none(
    replies: Replies, source: str, request: pytest.FixtureRequest
) -> None:
    replies.bodies |= {path: body({"Id": "f" * 64, "Name": ID}) for path in (OWN, DOCKERS)}
    assert request.getfixturevalue(source).lookup(ID) is None


@pytest.mark.parametrize("source", ["podman", "docker"])
def test_an_unknown_container_is_none(replies: Replies, source: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(source).lookup("0" * 64) is None


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (body({}, 500), "status 500"),
        (body({}, 403), "status 403"),
        ((200, b"<html>"), "malformed"),
        ((200, b'{"Id":"\xff"}'), "utf-8|UTF-8"),
        ((200, b'{"Other":' + b"[" * 100_000), "recursion"),
        (body({"Name": "no id"}), "Id"),
        (body({"Id": ID, "Config": {"Labels": {"a": 1}}}), "str"),
        (body({"Id": ID, "HostConfig": {"Privileged": "yes"}}), "bool"),
        ((200, b'{"Id":"' + b"x" * (5 * 2**20) + b'"}'), "4 MiB"),
    ],
)
def test_a_senseless_answer_is_an_error_that_names_the_source(
    replies: Replies, podman: PodmanSource, reply: tuple[int, bytes], complaint: str
) -> None:
    replies.bodies[OWN] = reply
    with pytest.raises(SourceError, match=complaint) as caught:
        podman.lookup(ID)
    assert str(caught.value).startswith("podman:/")


def test_no_answer_in_time_is_an_error(replies: Replies, tmp_path: Path) -> None:
    replies.delay = 1.0
    with (
        closing(PodmanSource(tmp_path / "api.sock", timeout=0.1)) as podman,
        pytest.raises(SourceError, match="timed out"),
    ):
        podman.lookup(ID)


@LEAK
def test_nobody_at_the_socket_is_an_error(podman: PodmanSource) -> None:
    with pytest.raises(SourceError, match="No such file"):
        podman.lookup(ID)


@LEAK
def test_a_server_that_comes_back_is_asked_again(tmp_path: Path, podman: PodmanSource) -> None:
    replies = Replies({OWN: body(recorded_json("podman.json"))})
    for _ in range(3):
        with http_at(tmp_path / "api.sock", replies):
            assert podman.lookup(ID) is not None
        with pytest.raises(SourceError):
            podman.lookup(ID)


def test_a_proxy_of_the_environment_is_passed_over(
    replies: Replies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    source = PodmanSource(tmp_path / "api.sock")
    assert source.lookup(ID) is not None
    source.close()
