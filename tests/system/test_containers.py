from __future__ import annotations

import json
from typing import Any

import pytest

from falcolab.system.cgroups import BPM, LIBVIRT_LXC, LXC, OTHER, find_container, parse
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot
from falcolab.system.tables import event_types
from tests.system.events import START, clone, event, machine, process, take

LONG = "0123456789abcdef" * 4
SHORT = "0123456789ab"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ""),
        (f"/docker/{LONG}", SHORT),
        (f"/system.slice/docker-{LONG}.scope", SHORT),
        (f"/machine.slice/libpod-{LONG}.scope", SHORT),
        (f"/machine.slice/libpod-{LONG}.scope/container", SHORT),
        (f"/libpod_parent/libpod-{LONG}", SHORT),
        (f"/kubepods/burstable/pod1b4e28ba/{LONG}", SHORT),
        (f"/kubepods.slice/kubepods-pod1b.slice/cri-containerd-{LONG}.scope", SHORT),
        (f"/kubepods.slice/crio-{LONG}.scope", SHORT),
        (f"/system.slice/containerd.service/kubepods:cri-containerd:{LONG}", SHORT),
        (f"/kubepods/besteffort/pod1b/{LONG[:-1]}x", SHORT),  # Falco looks for other letters in front only.
        (f"/pod/{LONG[:9]}x{LONG[10:]}", SHORT[:9] + "xab"),  # Not 64 digits, so any name will do.
        ("/kubepods/besteffort/pod1b4e28ba", "besteffort/p"),
        ("/a/b/c", "b/c"),
        ("/system.slice/sshd.service", ""),
        ("/user.slice/user-1000.slice/session-1.scope", ""),
        ("/system.slice/atd.service\n", "atd.service\n"),
        ("/init.scope", ""),
    ],
)
def test_the_container_that_a_control_group_betrays(path: str, expected: str) -> None:
    found = find_container([(b"cpu", path.encode())])
    assert found == (expected.encode(), OTHER)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lxc/box", (b"box", OTHER)),  # What looks for containerd comes first and takes any name.
        ("/lxc/box/init.scope", (b"box", LXC)),
        ("/lxc.payload/box/init.scope", (b"box", LXC)),
        ("/lxc.payload.box", (b"box", LXC)),
        ("/machine/box.libvirt-lxc", (b"box.libvirt-", OTHER)),
        ("/box.libvirt-lxc", (b"box", LIBVIRT_LXC)),
        ("/machine-lxc\\x2dbox.scope", (b"box", LIBVIRT_LXC)),
        ("/machine-lxc\\x2dbox.scope/libvirt", (b"box", LIBVIRT_LXC)),
        ("/bpm-a.b_c.scope", (b"a.b_c", BPM)),
    ],
)
def test_containers_of_other_kinds(path: str, expected: tuple[bytes, int]) -> None:
    assert find_container([(b"cpu", path.encode())]) == expected


def test_the_first_control_group_with_a_container_counts() -> None:
    groups = [(b"cpu", b"/"), (b"memory", b""), (b"pids", f"/docker/{LONG}".encode()), (b"io", b"/a/b/c")]
    assert find_container(groups) == (SHORT.encode(), OTHER)


def test_control_groups_are_named_as_falco_names_them() -> None:
    assert parse(b"cpu_cgroup=/a\0perf=/b\0mem=/c\0io=/d=e\0") == [
        (b"cpu", b"/a"),
        (b"perf_event", b"/b"),
        (b"memory", b"/c"),
        (b"blkio", b"/d=e"),
    ]
    assert parse(b"cpu=/a\0nothing\0") is None


def test_a_thread_is_placed_when_it_begins_to_run_something() -> None:
    tables = machine(process(20, cgroups=f"cpu=/docker/{LONG}\0".encode()))
    assert tables.threads.by_id[20].container_id == SHORT.encode()
    caller, child = clone(20, 21, cgroups=[f"cpu=/docker/{LONG}"])
    take(tables, caller)
    assert tables.threads.by_id[21].container_id == b""  # Only the child's own event tells.
    take(tables, child)
    assert tables.threads.by_id[21].container_id == SHORT.encode()
    take(tables, event("execve", 21, res=0, exe="x", comm="x", pid=21, cgroups=["cpu=/"]))
    assert tables.threads.by_id[21].container_id == b""
    take(tables, event("execve", 20, res=-2, exe="x", comm="x", pid=20, cgroups=["cpu=/"]))
    assert tables.threads.by_id[20].container_id == SHORT.encode()


def test_containers_that_the_path_tells_all_about_are_known() -> None:
    tables = machine(process(20, cgroups=b"cpu=/lxc.payload.box\0"))
    assert tables.containers == {b"box": {"id": "box", "type": LXC}}


def json_event(**container: Any) -> Event:
    return event("container", json=json.dumps({"container": container}))


def async_event(name: str, /, **container: Any) -> Event:
    return event("asyncevent", plugin_id=3, name=name, data=json.dumps({"container": container}).encode())


def test_containers_come_and_go() -> None:
    tables = machine(events=[json_event(id=SHORT, name="first")])
    assert tables.containers[SHORT.encode()]["name"] == "first"
    take(tables, async_event("container", id=SHORT, name="second"), async_event("other", id="x"))
    assert {key: each["name"] for key, each in tables.containers.items()} == {SHORT.encode(): "second"}
    take(tables, async_event("container_removed", id=SHORT))
    assert tables.containers == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"container": []}',
        '{"container": {"id": 3}}',
        '{"container": {}}',
        "1" * 5000,
    ],
)
def test_what_is_no_container_is_passed_over(text: str) -> None:
    tables = Machine()
    tables.begin(Snapshot())
    (type_,) = (each for each in event_types() if each.id == 324)
    tables.take(Event(type_, START, 0, 0, (text.encode(),)))
    assert tables.containers == {}
