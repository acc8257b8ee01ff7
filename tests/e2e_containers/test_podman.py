"""Podman tells of its containers by its own API, and by docker's.

Docker itself cannot be had on the test machines: podman's second API stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from capture.containers import DockerSource, Lookups, PodmanSource, Settings, Source
from tests.capture_containers.counters import Counted
from tests.capture_containers.replayed import shown_after
from tests.e2e_containers.podman import Podman
from tests.e2e_containers.processes import taken, wait_for

pytestmark = pytest.mark.e2e

QUICK = Settings(first_retry=0.05, last_retry=0.2)
FIELDS = (
    "container.id",
    "container.full_id",
    "container.name",
    "container.image",
    "container.image.repository",
    "container.image.tag",
    "container.type",
    "container.privileged",
    "container.host_network",
    "container.host_pid",
    "container.label[team]",
    "container.mounts",
)


@pytest.mark.parametrize(("source", "type_"), [(PodmanSource, "podman"), (DockerSource, "docker")])
def test_an_event_of_a_container_shows_what_podman_knows_of_it(
    podman: Podman, tmp_path: Path, source: Callable[[Path], Source], type_: str
) -> None:
    options = [
        "--privileged",
        "--network",
        "host",
        "--pid",
        "host",
        "--label",
        "team=shop",
        "-v",
        "/tmp:/data:ro",
    ]
    with podman.service(), podman.running("web", *options) as full_id:
        cgroups = podman.cgroups_of(full_id)
        with Lookups([source(podman.socket)], metrics=Counted().metrics) as lookups:
            lookups.ask(full_id[:12].encode(), cgroups)
            blocks = taken(lookups, 1)
    assert shown_after(tmp_path, blocks, cgroups, *FIELDS) == {
        "container.id": full_id[:12],
        "container.full_id": full_id,
        "container.name": "web",
        "container.image": "localhost/busybox:1",
        "container.image.repository": "localhost/busybox",
        "container.image.tag": "1",
        "container.type": type_,
        "container.privileged": True,
        "container.host_network": True,
        "container.host_pid": True,
        "container.label[team]": "shop",
        "container.mounts": "/tmp:/data::false:rprivate",
    }


@pytest.mark.parametrize("source", [PodmanSource, DockerSource])
def test_the_digest_is_the_same_by_both_apis(podman: Podman, source: Callable[[Path], Source]) -> None:
    with (
        podman.service(),
        podman.running("digest") as full_id,
        closing(source(podman.socket)) as one,
        closing(PodmanSource(podman.socket)) as two,
    ):
        found, other = one.lookup(full_id), two.lookup(full_id)
    assert found is not None
    assert other is not None
    assert found.image == other.image
    assert found.image.digest.startswith("sha256:")
    assert len(found.image.id) == 64


def test_a_service_that_goes_and_comes_back_is_used_again(podman: Podman) -> None:
    counted = Counted()
    with (
        Lookups([PodmanSource(podman.socket)], metrics=counted.metrics, settings=QUICK) as lookups,
        podman.running("patient") as full_id,
        podman.running("first") as first,
    ):
        with podman.service():
            lookups.ask(first[:12].encode(), podman.cgroups_of(first))
            taken(lookups, 1)
        lookups.ask(full_id[:12].encode(), podman.cgroups_of(full_id))
        wait_for(lambda: counted.of("failed") >= 2)
        assert lookups.take() == []
        with podman.service():
            assert full_id.encode() in taken(lookups, 1)[0]
    assert counted.of("unknown") == 0


def test_a_container_that_has_gone_is_unknown(podman: Podman) -> None:
    with podman.running("gone") as full_id:
        cgroups = podman.cgroups_of(full_id)
    counted = Counted()
    settings = Settings(first_retry=0.02, tries=3)
    with (
        podman.service(),
        Lookups([PodmanSource(podman.socket)], metrics=counted.metrics, settings=settings) as lookups,
    ):
        lookups.ask(full_id[:12].encode(), cgroups)
        wait_for(lambda: counted.of("unknown") == 1)
        assert lookups.take() == []


def test_a_name_is_no_id(podman: Podman) -> None:
    """Whoever names a container like another one's id gets nothing by it."""
    name = "ab" * 32
    with podman.service(), podman.running(name):
        for source in (PodmanSource(podman.socket), DockerSource(podman.socket)):
            with closing(source):
                assert source.lookup(name) is None
