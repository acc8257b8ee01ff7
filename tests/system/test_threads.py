"""Threads: how they come, what they take along, and how they go."""

from __future__ import annotations

import pytest

from falcolab.system.event import Event
from falcolab.system.lineage import remove
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, FdType, Thread, ThreadFlag
from tests.system.events import SECOND, clone, event, machine, process, take

SHELL = process(
    20,
    exepath=b"/bin/bash",
    cwd=b"/srv",
    env=b"A=1\0",
    sid=20,
    vpgid=20,
    tty=34816,
    loginuid=1000,
    cap_effective=3,
    exe_ino=7,
    root=b"/",
    fds={3: Descriptor(FdType.FILE, b"/a")},
)


def thread(tables: Machine, tid: int) -> Thread:
    found = tables.find(tid)
    assert found is not None
    return found


@pytest.mark.parametrize("events", [clone(20, 21)[:1], clone(20, 21)[1:], clone(20, 21)])
def test_either_event_of_a_clone_makes_the_child(events: list[Event]) -> None:
    tables = machine(SHELL)
    take(tables, *events)
    child = thread(tables, 21)
    assert (child.pid, child.ptid, child.vtid, child.vpid) == (21, 20, 21, 21)
    assert (child.exepath, child.sid, child.vpgid, child.tty) == (b"/bin/bash", 20, 20, 34816)
    assert (child.loginuid, child.cap_effective, child.exe_ino, child.root) == (1000, 3, 7, b"/")
    assert (child.cwd, child.env, child.fds[3].name) == (b"/srv/", [b"A=1"], b"/a")
    assert thread(tables, 20).children == {21: child}


def test_a_child_that_both_events_tell_of_is_made_once() -> None:
    tables = machine(SHELL)
    take(tables, clone(20, 21)[0])
    made = thread(tables, 21)
    take(tables, clone(20, 21, at=SECOND)[1])
    assert thread(tables, 21) is made


def test_a_child_that_is_too_old_is_another_one() -> None:
    tables = machine(SHELL)
    take(tables, clone(20, 21)[0])
    made = thread(tables, 21)
    take(tables, clone(20, 21, at=3 * SECOND)[1])
    assert thread(tables, 21) is not made
    assert thread(tables, 21).group is not None
    assert thread(tables, 21).group.alive == 1  # type: ignore[union-attr]


def test_the_descriptors_of_a_child_are_its_own() -> None:
    tables = machine(SHELL)
    take(tables, *clone(20, 21), event("close", 21, res=0, fd=3), event("getuid", 1))
    assert 3 not in thread(tables, 21).fds
    assert 3 in thread(tables, 20).fds


def test_a_failed_clone_makes_nothing() -> None:
    tables = machine(SHELL)
    take(tables, event("clone", 20, res=-11, flags=0))
    assert set(tables.threads.by_id) == {1, 10, 20}


def test_threads_share_what_the_main_thread_has() -> None:
    tables = machine(SHELL)
    flags = ThreadFlag.CLONE_THREAD | ThreadFlag.CLONE_FILES
    take(tables, clone(20, 21, flags=flags)[0])
    other = thread(tables, 21)
    assert (other.pid, other.ptid, other.fds) == (20, 1, {})
    assert tables.threads.main(other) is thread(tables, 20)
    assert tables.threads.descriptor(other, 3) is thread(tables, 20).fds[3]
    assert tables.threads.cwd(other) == b"/srv/"
    assert other.group is not None
    assert other.group.alive == 2
    opened = take(tables, event("open", 21, fd=4, name="b", flags=1))
    assert thread(tables, 20).fds[4] is opened.fd
    assert opened.fd is not None
    assert opened.fd.name == b"/srv/b"


@pytest.mark.parametrize(
    "flag", [ThreadFlag.CHILD_IN_PIDNS, ThreadFlag.CLONE_NEWPID, ThreadFlag.CLONE_PARENT]
)
def test_the_caller_does_not_know_children_in_other_namespaces(flag: int) -> None:
    tables = machine(SHELL)
    take(tables, clone(20, 2, flags=flag)[0])
    assert tables.find(2) is None
    take(tables, clone(20, 21, flags=flag, vtid=1, vpid=1, pidns_init_start_ts=5)[1])
    assert (thread(tables, 21).vpid, thread(tables, 21).pidns_init_start_ts) == (1, 5)


def test_the_caller_of_vfork_comes_too_late_to_tell_of_its_child() -> None:
    tables = machine(SHELL)
    take(tables, event("vfork", 20, res=21, exe="/bin/bash", comm="bash", flags=0, pid=20, ptid=1))
    assert tables.find(21) is None


def test_a_child_that_has_exited_before_its_caller_returned_stays_away() -> None:
    tables = machine(SHELL)
    (caller,), (_, child) = clone(20, 21, at=4)[:1], clone(20, 21)
    take(tables, child, event("procexit", 21, at=2), event("getuid", 1, at=3), caller)
    assert tables.find(21) is None
    late = clone(20, 21, at=4 * SECOND)[0]
    take(tables, late)
    assert tables.find(21) is not None


def test_a_caller_of_which_nothing_was_known_gets_to_know_itself() -> None:
    tables = machine()
    take(tables, clone(50, 51, exe="/bin/sh", comm="sh", args=["-c"], ptid=10)[0])
    caller, child = thread(tables, 50), thread(tables, 51)
    assert (caller.comm, caller.pid, caller.ptid, caller.command_line) == (b"sh", 50, 10, b"sh -c")
    assert not caller.is_invalid
    assert (child.comm, child.ptid, child.fds, child.cwd) == (b"sh", 50, {}, b"")


def test_a_number_that_is_used_again_is_another_thread() -> None:
    tables = machine(SHELL, process(30))
    take(tables, clone(20, 30, comm="new")[0])
    assert thread(tables, 30).comm == b"new"
    assert thread(tables, 30).ptid == 20


def test_a_thread_that_clones_itself_is_survived() -> None:
    tables = machine(SHELL)
    take(tables, event("clone", 20, res=20, comm="x", exe="x", flags=0), event("getuid", 20))


def test_orphans_go_to_the_reaper_that_the_kernel_named() -> None:
    tables = machine(SHELL, process(21, 20), process(22, 21))
    take(tables, event("procexit", 21, reaper_tid=10), event("getuid", 1))
    assert thread(tables, 22).ptid == 10
    assert thread(tables, 10).children[22] is thread(tables, 22)


def test_orphans_go_to_init_when_nobody_is_named() -> None:
    tables = machine(SHELL, process(21, 20), process(22, 21))
    take(tables, event("procexit", 21), event("getuid", 1))
    assert thread(tables, 22).ptid == 1


def test_orphans_go_to_a_subreaper_on_the_way_to_init() -> None:
    tables = machine(SHELL, process(21, 20), process(22, 21))
    take(
        tables,
        event("prctl", 20, res=0, option=36, arg2_int=1),
        event("procexit", 21),
        event("getuid", 1),
    )
    assert thread(tables, 22).ptid == 20


def test_orphans_go_to_another_thread_of_the_process_first() -> None:
    tables = machine(SHELL, process(21, 20, pid=20), process(22, 21))
    assert thread(tables, 21).children == {22: thread(tables, 22)}
    take(tables, event("procexit", 21), event("getuid", 1))
    assert thread(tables, 22).ptid == 20


def test_orphans_without_any_ancestor_have_no_parent() -> None:
    tables = machine(process(21, 99), process(22, 21))
    assert thread(tables, 21).ptid == 0
    take(tables, event("procexit", 21), event("getuid", 1))
    assert thread(tables, 22).ptid == 0


def test_a_main_thread_stays_until_the_others_have_gone() -> None:
    tables = machine(SHELL, process(21, 1, pid=20))
    take(tables, event("procexit", 20), event("getuid", 1))
    assert thread(tables, 20).is_dead
    assert tables.threads.main(thread(tables, 21)) is thread(tables, 20)
    take(tables, event("procexit", 21), event("getuid", 1))
    assert tables.find(20) is None
    assert tables.find(21) is None
    assert 20 not in tables.threads.groups


def test_loops_of_parents_are_survived() -> None:
    tables = machine(process(30, 31), process(31, 30), process(32, 31))
    assert [each.tid for each in tables.threads.ancestors(thread(tables, 32))] == [31, 30]
    assert tables.threads.ancestor(thread(tables, 32), 10**9) is None
    thread(tables, 31).ptid = 31
    assert [each.tid for each in tables.threads.ancestors(thread(tables, 32))] == [31]
    remove(tables.threads, 30)
    remove(tables.threads, 31)


def test_ancestors_are_the_main_threads_of_processes() -> None:
    tables = machine(SHELL, process(21, 20, comm=b"make"), process(22, 21, comm=b"cc"))
    leaf = thread(tables, 22)
    found = [tables.threads.ancestor(leaf, generation) for generation in range(5)]
    assert [each and each.comm for each in found] == [b"cc", b"make", b"bash", b"init", None]
    assert tables.threads.parent(leaf) is thread(tables, 21)


def test_a_process_list_may_name_the_same_process_twice() -> None:
    tables = machine(process(10, comm=b"other"))
    assert thread(tables, 10).comm == b"other"
