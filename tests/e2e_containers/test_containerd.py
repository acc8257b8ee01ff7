"""containerd tells of containers and pods over its CRI socket, as the kubelet uses it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from capture.containers import CriSource, Lookups, Settings
from tests.capture_containers.counters import Counted
from tests.capture_containers.replayed import shown_after
from tests.e2e_containers.containerd import NODE, POD, Containerd
from tests.e2e_containers.podman import cgroups_of
from tests.e2e_containers.processes import taken, wait_for

pytestmark = pytest.mark.e2e

QUICK = Settings(first_retry=0.05, last_retry=0.2)
POD_FIELDS = {
    "k8s.pod.name": POD["name"],
    "k8s.ns.name": POD["namespace"],
    "k8s.pod.uid": POD["uid"],
    "k8s.pod.label[app]": "web",
}


def test_an_event_of_a_container_shows_its_image_and_its_pod(containerd: Containerd, tmp_path: Path) -> None:
    with containerd.service(), containerd.running(privileged=True) as pod:
        cgroups = cgroups_of(containerd.pid_of(pod.container_id))
        with Lookups([CriSource(containerd.socket)], metrics=Counted().metrics) as lookups:
            lookups.ask(pod.container_id[:12].encode(), cgroups)
            blocks = taken(lookups, 1)
    expected = POD_FIELDS | {
        "container.id": pod.container_id[:12],
        "container.full_id": pod.container_id,
        "container.name": "web",
        "container.type": "containerd",
        "container.image.repository": "localhost/busybox",
        "container.image.tag": "1",
        "container.privileged": True,
        "container.host_network": False,
        "container.mount.dest[/tmp]": "/data",
        "container.mounts": "/tmp:/data::false:private",
        "k8s.pod.full_sandbox_id": pod.sandbox_id,
    }
    fields = shown_after(tmp_path, blocks, cgroups, *expected, "k8s.pod.ip", "container.cni.json")
    assert fields.pop("k8s.pod.ip").startswith("10.244.79.")
    assert '"eth0"' in fields.pop("container.cni.json")
    assert fields == expected
    assert b"secret" not in b"".join(blocks)


def test_the_pause_process_of_a_pod_is_known_as_its_sandbox(containerd: Containerd, tmp_path: Path) -> None:
    with containerd.service(), containerd.running(network=NODE) as pod:
        cgroups = cgroups_of(containerd.pid_of(pod.sandbox_id))
        with Lookups([CriSource(containerd.socket)], metrics=Counted().metrics) as lookups:
            lookups.ask(pod.sandbox_id[:12].encode(), cgroups)
            blocks = taken(lookups, 1)
    expected = POD_FIELDS | {
        "container.id": pod.sandbox_id[:12],
        "container.image": "localhost/pause:1",
        "container.host_network": True,
        "k8s.pod.sandbox_id": pod.sandbox_id[:12],
    }
    assert shown_after(tmp_path, blocks, cgroups, *expected) == expected


def test_a_restart_of_the_runtime_is_no_more_than_a_delay(containerd: Containerd) -> None:
    counted = Counted()
    source = CriSource(containerd.socket)
    with (
        Lookups([source], metrics=counted.metrics, settings=QUICK) as lookups,
        containerd.service(),
        containerd.running() as pod,
    ):
        cgroups = {each: cgroups_of(containerd.pid_of(each)) for each in (pod.sandbox_id, pod.container_id)}
        lookups.ask(pod.sandbox_id[:12].encode(), cgroups[pod.sandbox_id])
        taken(lookups, 1)
        containerd.stop()
        lookups.ask(pod.container_id[:12].encode(), cgroups[pod.container_id])
        wait_for(lambda: counted.of("failed") >= 2)
        assert lookups.take() == []
        containerd.start()
        assert pod.container_id.encode() in taken(lookups, 1)[0]


def test_what_containerd_does_not_know_is_unknown(containerd: Containerd) -> None:
    with containerd.service(), closing(CriSource(containerd.socket)) as source:
        assert source.lookup("0" * 64) is None
