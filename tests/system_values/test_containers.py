"""Fields of containers and pods."""

from __future__ import annotations

import json
from typing import Any

import pytest

from falcolab.system.machine import Machine
from tests.system.events import event, machine, process, take
from tests.system_values.fields import compared, in_json

LONG = "a1" * 32
ID, SANDBOX = LONG[:12], "e" * 12
INFO: dict[str, Any] = {
    "id": ID,
    "full_id": LONG,
    "type": 7,
    "name": "shell",
    "image": "reg/app:1",
    "imagerepo": "reg/app",
    "imagetag": "1",
    "privileged": True,
    "ip": "10.42.0.7",
    "pod_sandbox_id": "e" * 64,
    "pod_sandbox_labels": {"tier": "backend", "app": "", "io.kubernetes.x": "y"},
    "labels": {
        "io.kubernetes.pod.name": "pod-1", "io.kubernetes.pod.namespace": "ns-1",
        "io.kubernetes.pod.uid": "uid-1", "b": "2", "a": "1", "annotation.z": "3",
    },
    "cni_json": '{"eth0":1}',
    "Mounts": [
        {"Source": "/proc", "Destination": "/host/proc", "Mode": "ro", "RW": False, "Propagation": "p"},
        {"Source": "/var/run/docker.sock", "Destination": "/sock", "Mode": "", "RW": True, "Propagation": ""},
    ],
}  # fmt: skip


def told(*infos: dict[str, Any]) -> Machine:
    entry = process(20, cgroups=b"cpu=/docker/" + LONG.encode(), pidns_init_start_ts=5)
    return machine(entry, events=[event("container", json=json.dumps({"container": info})) for info in infos])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container.id", ID),
        ("container.full_id", LONG),
        ("container.name", "shell"),
        ("container.type", "containerd"),
        ("container.image.repository", "reg/app"),
        ("container.image.digest", ""),
        ("container.privileged", True),
        ("container.host_pid", False),
        ("container.label[a]", "1"),
        ("container.label[c]", None),
        ("container.labels", "a:1, b:2"),
        ("container.mounts", "/proc:/host/proc:ro:false:p,/var/run/docker.sock:/sock::true:"),
        ("container.mount[0]", "/proc:/host/proc:ro:false:p"),
        ("container.mount[2]", None),
        ("container.mount.dest[/proc*]", "/host/proc"),
        ("container.mount.dest[^/var/run/docker.sock$]", "/sock"),
        ("container.mount.dest[/etc]", None),
        ("container.mount.dest[(]", None),
        ("container.mount.source[/sock]", "/var/run/docker.sock"),
        ("container.mount.rdwr[/var]", "true"),
        ("container.start_ts", 5),
        ("container.healthcheck", None),
        ("k8s.pod.name", "pod-1"),
        ("k8s.ns.name", "ns-1"),
        ("k8s.pod.uid", "uid-1"),
        ("k8s.pod.sandbox_id", SANDBOX),
        ("k8s.pod.label[tier]", "backend"),
        ("k8s.pod.labels", "app, tier:backend"),
        ("k8s.pod.ip", "10.42.0.7"),
        ("k8s.pod.cni.json", '{"eth0":1}'),
        ("k8s.rs.name", None),
        ("proc.is_container_healthcheck", None),
        ("fd.containername", f"{ID}:/x"),
    ],
)
def test_a_field_of_a_known_container(field: str, value: Any) -> None:
    tables = told(INFO)
    assert compared(field, take(tables, event("open", 20, fd=3, name="/x")), tables) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container.id", "host"),
        ("container.name", "host"),
        ("container.type", "host"),
        ("container.image.repository", ""),
        ("container.privileged", False),
        ("container.labels", ""),
        ("k8s.pod.name", None),
        ("k8s.pod.labels", ""),
        ("k8s.pod.ip", ""),
        ("container.start_ts", None),
    ],
)
def test_a_field_of_the_host(field: str, value: Any) -> None:
    tables = told(INFO)
    assert compared(field, take(tables, event("close", 10, res=0, fd=3)), tables) == value


def test_of_an_unknown_container_only_the_id_is_there() -> None:
    tables = told()
    taken = take(tables, event("close", 20, res=0, fd=3))
    assert compared("container.id", taken, tables) == ID
    names = ("container.name", "container.privileged", "container.mounts", "k8s.pod.labels", "container.type")
    assert {compared(name, taken, tables) for name in names} == {None}


def test_a_container_without_network_has_that_of_its_sandbox() -> None:
    plain = {**INFO, "cni_json": "", "ip": ""}
    sandbox = {"id": SANDBOX, "ip": "10.42.0.9", "cni_json": "{}", "pod_sandbox_labels": {"x": "y"}}
    tables = told(plain, sandbox)
    taken = take(tables, event("close", 20, res=0, fd=3))
    names = ("k8s.pod.ip", "k8s.pod.cni.json", "k8s.pod.labels", "k8s.pod.label[tier]", "container.ip")
    assert [compared(name, taken, tables) for name in names] == ["10.42.0.9", "{}", "x:y", "backend", ""]


def test_events_that_bring_metadata_show_them() -> None:
    tables = machine()
    brought = take(tables, event("container", json=json.dumps({"container": INFO})))
    assert compared("container.name", brought, tables) == "shell"
    told_by_plugin = event("asyncevent", name="container", data=json.dumps({"container": INFO}).encode())
    assert compared("container.id", take(tables, told_by_plugin), tables) == ID


@pytest.mark.parametrize(
    "info",
    [
        {"id": ID, "labels": None, "Mounts": None, "type": "docker", "privileged": "yes", "name": 5},
        {
            "id": ID,
            "labels": [1],
            "Mounts": [1, {"Source": 2}],
            "pod_sandbox_id": {},
            "type": [],
            "cni_json": 1,
        },
        {"id": ID, "labels": {"a": 1}, "name": "\ud800\0x", "ip": ["10.0.0.1"]},
    ],
)
def test_metadata_of_odd_types_are_empty(info: dict[str, Any]) -> None:
    tables = told(info)
    taken = take(tables, event("close", 20, res=0, fd=3))
    names = (
        "container.name",
        "container.labels",
        "container.mounts",
        "container.type",
        "k8s.pod.ip",
        "fd.lip",
    )
    json.dumps([in_json(name, taken, tables) for name in names]).encode()


def test_names_of_containers_are_not_made_harmless_but_others_are() -> None:
    tables = told({**INFO, "name": "a\nb"})
    taken = take(tables, event("open", 20, fd=3, name=b"/x\n"))
    assert in_json("container.name", taken, tables) == "a\nb"
    assert in_json("evt.arg.name", taken, tables) == "/x\ufffd"
