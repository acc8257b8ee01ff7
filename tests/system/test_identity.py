"""Users, capabilities, limits, memory: what processes are and may."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.event import Event
from falcolab.system.identity import ALL_CAPABILITIES
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot, User, UserGroup
from falcolab.system.thread import Thread, ThreadFlag
from tests.system.events import event, machine, process, take


def after(*events: Event) -> Thread:
    found = take(machine(), *events).thread
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("call", "values", "attribute"),
    [
        ("setuid", {"uid": 5}, "uid"),
        ("setreuid", {"ruid": 4, "euid": 5}, "uid"),
        ("setresuid", {"ruid": 4, "euid": 5, "suid": 6}, "uid"),
        ("setgid", {"gid": 5}, "gid"),
        ("setregid", {"rgid": 4, "egid": 5}, "gid"),
        ("setresgid", {"rgid": 4, "egid": 5, "sgid": 6}, "gid"),
    ],
)
def test_the_effective_user_and_group(call: str, values: dict[str, Any], attribute: str) -> None:
    assert getattr(after(event(call, res=0, **values)), attribute) == 5
    assert getattr(after(event(call, res=-1, **values)), attribute) == 0
    assert getattr(after(event(call, res=0)), attribute) == 0


def test_a_new_session() -> None:
    assert after(event("setsid", res=10)).sid == 10


def test_capabilities() -> None:
    changed = after(event("capset", res=0, cap_inheritable=1, cap_permitted=2, cap_effective=3))
    assert (changed.cap_inheritable, changed.cap_permitted, changed.cap_effective) == (1, 2, 3)
    for call in (event("unshare", res=0, flags=1 << 20), event("setns", res=0, fd=3, nstype=1 << 20)):
        assert after(call).cap_effective == ALL_CAPABILITIES
    assert after(event("unshare", res=0, flags=1 << 5)).cap_effective == 0


def test_the_limit_of_descriptors() -> None:
    assert after(event("setrlimit", res=0, cur=9, max=9, resource=7)).fdlimit == 9
    assert after(event("getrlimit", res=0, cur=9, max=9, resource=6)).fdlimit == -1
    assert after(event("prlimit", res=0, newcur=9, pid=0, resource=7)).fdlimit == 9
    assert after(event("prlimit", res=0, newcur=-1, pid=0, resource=7)).fdlimit == -1
    tables = machine(process(20))
    take(tables, event("prlimit", res=0, newcur=8, pid=20, resource=7))
    assert tables.threads.by_id[20].fdlimit == 8
    take(tables, event("prlimit", res=0, newcur=8, pid=21, resource=7))
    assert tables.threads.by_id[21].is_invalid


def test_memory() -> None:
    mapped = after(event("mmap", res=0, vm_size=1, vm_rss=2, vm_swap=3))
    assert (mapped.vmsize, mapped.vmrss, mapped.vmswap) == (1, 2, 3)
    assert after(event("brk", res=0, vm_size=7)).vmsize == 7
    switched = after(event("switch", next=1, pgft_maj=1, pgft_min=2, vm_size=3, vm_rss=4, vm_swap=5))
    assert (switched.pfmajor, switched.pfminor, switched.vmsize, switched.vmswap) == (1, 2, 3, 5)


def test_an_exit_without_a_reaper_is_that_of_an_old_capture() -> None:
    tables = machine(process(20, 10))
    exited = event("procexit")
    take(tables, Event(exited.type, exited.time, 10, 0, exited.params[:4]))
    assert tables.threads.by_id[10].reaper == -1
    assert tables.threads.by_id[10].flags & ThreadFlag.CLOSED


def accounts() -> Machine:
    tables = Machine()
    users = [User(7, 7, b"lp", b"/var", b"/bin/sh"), User(8, 8, b"+nis", b"", b"")]
    tables.begin(Snapshot(users=users, groups=[UserGroup(7, b"lp"), UserGroup(0, b"wheel")]))
    return tables


def named(tables: Machine, uid: int, container: bytes = b"") -> bytes | None:
    user = tables.user(container, uid)
    return user.name if user is not None else None


def test_users_are_those_of_the_capture_and_root() -> None:
    tables = accounts()
    assert [named(tables, uid) for uid in (0, 7, 8, 9)] == [b"root", b"lp", None, None]
    assert tables.group(b"", 0) == UserGroup(0, b"wheel")
    assert tables.group(b"", 9) is None


def test_containers_have_no_users_but_root() -> None:
    tables = accounts()
    assert [named(tables, uid, b"c0ffee") for uid in (0, 7)] == [b"root", None]
    assert tables.group(b"c0ffee", 0) == UserGroup(0, b"root")


def test_users_come_and_go() -> None:
    tables = accounts()
    added: dict[str, Any] = {"uid": 9, "gid": 9, "name": "new", "home": "/", "shell": "/"}
    take(tables, event("useradded", **added, container_id="c0ffee"))
    assert named(tables, 9) is None
    take(tables, event("useradded", **added, container_id=""))
    assert named(tables, 9) == b"new"
    take(tables, event("userdeleted", uid=9, container_id=""))
    assert named(tables, 9) is None
    take(tables, event("groupadded", gid=9, name="new", container_id=""))
    assert tables.group(b"", 9) == UserGroup(9, b"new")
    take(tables, event("groupdeleted", gid=9, name="new", container_id=""))
    assert tables.group(b"", 9) is None


def test_the_list_of_the_capture_counts_for_more_than_its_first_events() -> None:
    tables = Machine()
    added = event("useradded", uid=7, gid=7, name="other", home="/", shell="/", container_id="")
    tables.begin(Snapshot(users=[User(7, 7, b"lp", b"", b"")], events=[added]))
    assert named(tables, 7) == b"lp"
