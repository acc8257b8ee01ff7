"""The order in which the machine does things."""

from __future__ import annotations

from falcolab.system.event import Event
from falcolab.system.limits import MAX_ENTER_EVENT
from falcolab.system.machine import Machine
from falcolab.system.params import NOT_AVAILABLE
from falcolab.system.snapshot import Snapshot
from falcolab.system.tables import event_types
from falcolab.system.thread import Descriptor, FdType, sock_bytes
from tests.system.events import START, clone, event, machine, process, take


def test_every_event_is_numbered_and_enter_events_are_hidden() -> None:
    tables = machine()
    visible = list(
        tables.replay(
            [
                event("open", enter=True, name="/etc/passwd", flags=1),
                event("open", fd=3, name="/etc/passwd", flags=1),
                event("read", fd=3, res=5),
            ]
        )
    )
    assert [(each.type.name, each.num) for each in visible] == [("open", 2), ("read", 3)]


def test_state_only_events_change_the_state_and_are_hidden() -> None:
    tables = machine()
    opened = event("open", fd=3, name="/etc/passwd", flags=1)
    opened.state_only = True
    assert not tables.take(opened)
    assert tables.threads.by_id[10].fds[3].name == b"/etc/passwd"


def test_a_closed_descriptor_is_known_until_the_next_event() -> None:
    tables = machine(process(20, fds={3: Descriptor(FdType.FILE, b"/a")}))
    closed = take(tables, event("close", 20, res=0, fd=3))
    assert closed.fd is not None
    assert closed.fd.name == b"/a"
    assert 3 in tables.threads.by_id[20].fds
    take(tables, event("getuid", 1))
    assert 3 not in tables.threads.by_id[20].fds


def test_a_failed_close_closes_nothing() -> None:
    tables = machine(process(20, fds={3: Descriptor(FdType.FILE, b"/a")}))
    take(tables, event("close", 20, res=-9, fd=3), event("getuid", 1))
    assert 3 in tables.threads.by_id[20].fds


def test_a_thread_that_has_exited_is_known_until_the_next_event() -> None:
    tables = machine()
    exited = take(tables, event("procexit", 10, status=0))
    assert exited.thread is tables.find(10)
    take(tables, event("getuid", 1))
    assert tables.find(10) is None


def test_unknown_threads_get_a_placeholder() -> None:
    tables = machine()
    read = take(tables, event("read", 77, fd=3, res=1))
    assert read.thread is tables.find(77)
    assert read.thread is not None
    assert read.thread.is_invalid
    assert (read.thread.comm, read.thread.pid, read.thread.group) == (NOT_AVAILABLE, -1, None)


def test_some_events_make_no_placeholder() -> None:
    tables = machine()
    for name in ("procexit", "switch", "procinfo", "drop"):
        each = take(tables, event(name, 77))
        assert each.thread is None
    assert tables.find(77) is None


def test_the_kept_enter_event_is_forgotten_when_another_call_comes_between() -> None:
    tables = machine()
    take(
        tables,
        event("open", enter=True, name="/then", flags=1),
        event("read", fd=0, res=1),
        event("open", fd=3, name="/now", flags=1),
    )
    assert tables.threads.by_id[10].fds[3].name == b"/now"


def test_a_switch_to_another_thread_does_not_part_enter_and_exit() -> None:
    tables = machine()
    take(
        tables,
        event("open", enter=True, name="/then", flags=1),
        event("switch", next=1),
        event("open", fd=3, name="/now", flags=1),
    )
    assert tables.threads.by_id[10].fds[3].name == b"/then"


def test_enter_events_that_are_too_long_are_not_kept() -> None:
    tables = machine()
    take(
        tables,
        event("open", enter=True, name="/" + "x" * MAX_ENTER_EVENT, flags=1),
        event("open", fd=3, name="/now", flags=1),
    )
    assert tables.threads.by_id[10].fds[3].name == b"/now"


def test_the_first_time_is_that_of_the_machine_not_of_the_recorder() -> None:
    tables = Machine()
    tables.begin(Snapshot())
    take(tables, event("procinfo", 1, at=5))
    assert tables.first_time == 0
    take(tables, event("getuid", 1, at=7), event("getuid", 1, at=9))
    assert tables.first_time == START + 7


def test_a_second_snapshot_starts_anew_but_numbers_go_on() -> None:
    tables = machine()
    take(tables, event("open", fd=3, name="/a", flags=1))
    added = event("useradded", uid=7, gid=7, name="x", home="/", shell="/", container_id="")
    tables.begin(Snapshot(events=[added]))
    assert tables.find(10) is None
    assert take(tables, event("getuid", 1)).num == 2


def test_a_snapshot_can_start_several_machines() -> None:
    listed = Descriptor(FdType.IPV4_SOCK, sock=sock_bytes(bytes([10, 0, 0, 1, 10, 0, 0, 2, 80, 0, 81, 0, 2])))
    server = Descriptor(FdType.IPV4_SERVSOCK, sock=sock_bytes(bytes([0, 0, 0, 0, 80, 0, 2])))
    snapshot = Snapshot(processes={20: process(20, fds={3: listed, 4: server})})
    for _ in range(2):
        tables = Machine()
        tables.begin(snapshot)
        assert tables.threads.by_id[20].fds[3].name == b"10.0.0.2:81->10.0.0.1:80"
        take(tables, event("close", 20, res=0, fd=4), event("getuid", 20))


def test_a_new_descriptor_has_no_name_before_the_event() -> None:
    tables = machine()
    opened = take(tables, event("open", fd=3, name="/a", flags=1))
    assert (opened.fd_old_name, opened.fd and opened.fd.name) == (b"", b"/a")
    read = take(tables, event("read", fd=3, res=1))
    assert (read.fd_old_name, read.fd and read.fd.name) == (b"/a", b"/a")


def test_events_without_any_parameter_are_survived() -> None:
    tables = machine()
    for type_ in event_types():
        for params in ((), (b"",) * len(type_.params), (b"\xff",) * len(type_.params)):
            tables.take(Event(type_, START, 10, 0, params))


def test_numbers_and_parents_of_clones_are_those_of_the_kernel() -> None:
    tables = machine()
    child = take(tables, *clone(10, 11)).thread
    assert child is not None
    assert (child.tid, child.pid, child.ptid, child.vpid) == (11, 11, 10, 11)
