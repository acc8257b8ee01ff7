"""Fields of processes, their ancestors and their users."""

from __future__ import annotations

from typing import Any

import pytest

from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot, User, UserGroup
from falcolab.system.thread import NO_ID
from tests.system.events import SECOND, clone, event, machine, process, take
from tests.system_values.fields import compared, in_json, in_text

ENV = b"PATH=/bin:/usr/bin\0EMPTY=\0BLANKS=  x \0PATH=/other\0"


def family() -> Machine:
    """init(1) - sshd(20) - bash(21) - script.sh(22) with a second thread 23."""
    return machine(
        process(20, 1, comm=b"sshd", exe=b"/usr/sbin/sshd", args=b"-D\0", sid=20, vpgid=20, pgid=20),
        process(21, 20, comm=b"bash", exe=b"-bash", exepath=b"/bin/bash", sid=21, vpgid=21, pgid=21, env=ENV),
        process(
            22, 21, comm=b"script.sh", exe=b"/bin/sh", args=b"/x/script.sh\0a b\0", sid=21, vpgid=22, pgid=22,
            cap_effective=0b11, loginuid=NO_ID, fdlimit=1000, vmsize=7, tty=34816,
            cgroups=b"cpu=/a\0memory=/b\0",
        ),
        process(23, 21, pid=22, vtid=23, vpid=22, comm=b"worker", sid=21, flags=1, vmsize=9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proc.name", "script.sh"),
        ("proc.exe", "/bin/sh"),
        ("proc.exepath", ""),
        ("proc.args", "/x/script.sh a b"),
        ("proc.args[1]", "a b"),
        ("proc.args[2]", ""),
        ("proc.cmdline", "script.sh /x/script.sh a b"),
        ("proc.exeline", "/bin/sh /x/script.sh a b"),
        ("proc.cmdnargs", 2),
        ("proc.cmdlenargs", 15),
        ("proc.cwd", "/home/"),
        ("proc.tty", 34816),
        ("proc.pid", 22),
        ("proc.ppid", 21),
        ("proc.pname", "bash"),
        ("proc.pexe", "-bash"),
        ("proc.pexepath", "/bin/bash"),
        ("proc.pcmdline", "bash"),
        ("proc.pvpid", 21),
        ("proc.ppid.ts", 0),
        ("proc.aname[0]", "script.sh"),
        ("proc.aname[2]", "sshd"),
        ("proc.aname[4]", None),
        ("proc.aname", ("bash", "sshd", "init")),
        ("proc.apid", (21, 20, 1)),
        ("proc.aargs[2]", "-D"),
        ("proc.aargs", "-D "),
        ("proc.loginshellid", 21),
        ("proc.sname", "bash"),
        ("proc.sid.exepath", "/bin/bash"),
        ("proc.vpgid.name", "script.sh"),
        ("proc.is_sid_leader", False),
        ("proc.is_vpgid_leader", True),
        ("proc.is_pgid_leader", True),
        ("proc.env", ""),
        ("proc.env[PATH]", ""),
        ("proc.aenv[PATH]", "/bin:/usr/bin"),
        ("proc.aenv[EMPTY]", ""),
        ("proc.aenv[BLANKS]", "x"),
        ("proc.duration", None),
        ("proc.pid.ts", None),
        ("proc.ppid.duration", 0),
        ("proc.exe_ino", None),
        ("thread.tid", 22),
        ("thread.vtid", 22),
        ("thread.ismain", True),
        ("thread.cap_effective", "CAP_CHOWN CAP_DAC_OVERRIDE"),
        ("thread.cap_permitted", ""),
        ("thread.cgroups", "cpu=/a memory=/b"),
        ("thread.cgroup.memory", "/b"),
        ("thread.cgroup.pids", None),
        ("proc.nthreads", 2),
        ("proc.nchilds", 1),
        ("proc.fdopencount", 0),
        ("proc.fdlimit", 1000),
        ("proc.fdusage", 0.0),
        ("thread.vmsize", 7),
        ("user.name", "root"),
        ("user.loginuid", -1),
        ("user.loginname", "<NA>"),
        ("group.gid", 0),
    ],
)
def test_a_field_of_the_process(field: str, value: Any) -> None:
    tables = family()
    assert compared(field, take(tables, event("close", 22, res=0, fd=9)), tables) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("proc.aname", "bash sshd init"),
        ("proc.aexe", "-bash /usr/sbin/sshd /sbin/init"),
        ("proc.apid", 22),
        ("proc.apid[1]", 21),
        ("proc.aenv", ""),
        ("proc.aenv[1]", "PATH=/bin:/usr/bin EMPTY= BLANKS=  x  PATH=/other"),
        ("proc.aenv[9]", None),
    ],
)
def test_what_is_shown_of_all_ancestors(field: str, text: Any) -> None:
    tables = family()
    assert in_json(field, take(tables, event("close", 22, res=0, fd=9)), tables) == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proc.name", "worker"),
        ("proc.pid", 22),
        ("proc.aname[0]", "script.sh"),
        ("proc.pname", "bash"),
        ("thread.ismain", False),
        ("thread.vmsize", 0),
        ("proc.vmsize", 9),
        ("proc.fdlimit", 1000),
        ("proc.nchilds", 1),
    ],
)
def test_a_field_of_another_thread(field: str, value: Any) -> None:
    tables = family()
    assert compared(field, take(tables, event("close", 23, res=0, fd=9)), tables) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proc.name", "<NA>"),
        ("proc.exepath", ""),
        ("proc.pid", -1),
        ("proc.vpid", None),
        ("proc.pname", None),
        ("proc.aname", None),
        ("proc.sname", ""),
        ("proc.cwd", "./"),
        ("proc.nthreads", 0),
        ("proc.fdopencount", 0),
        ("user.name", "<NA>"),
        ("user.uid", NO_ID),
        ("proc.is_pgid_leader", True),
        ("container.id", "host"),
    ],
)
def test_a_field_of_a_thread_of_which_nothing_is_known(field: str, value: Any) -> None:
    tables = machine()
    assert compared(field, take(tables, event("close", 99, res=0, fd=9)), tables) == value


def test_events_without_a_thread_have_none_of_its_fields() -> None:
    tables = machine()
    taken = take(tables, event("procinfo", 99, cpu_usr=1, cpu_sys=1))
    names = (
        "proc.name",
        "proc.aname",
        "proc.args",
        "user.name",
        "container.id",
        "thread.totexectime",
        "thread.cpu",
    )
    assert {compared(name, taken, tables) for name in names} == {None}
    assert compared("thread.tid", taken, tables) == 99
    assert compared("thread.exectime", taken, tables) == 0


def test_durations_begin_with_the_clone() -> None:
    tables = machine()
    take(tables, *clone(10, 30, at=0))
    later = take(tables, event("close", 30, at=SECOND, res=0, fd=1))
    assert compared("proc.duration", later, tables) == SECOND
    assert compared("proc.pid.ts", later, tables) == later.time - SECOND
    take(tables, *clone(30, 31, at=SECOND))
    last = take(tables, event("close", 31, at=3 * SECOND, res=0, fd=1))
    assert compared("proc.ppid.duration", last, tables) == 3 * SECOND


def test_a_session_leader_that_is_gone_is_sought_among_the_ancestors() -> None:
    tables = machine(
        process(40, 1, comm=b"old", sid=39),
        process(41, 40, comm=b"mid", sid=39),
        process(42, 41, sid=39, vpgid=777),
    )
    taken = take(tables, event("close", 42, res=0, fd=1))
    assert compared("proc.sname", taken, tables) == "old"
    assert compared("proc.vpgid.name", taken, tables) == ""


def test_a_loop_of_parents_ends() -> None:
    tables = machine(process(50, 51, comm=b"a"), process(51, 50, comm=b"b"), process(52, 52, comm=b"self"))
    assert set(compared("proc.aname", take(tables, event("close", 50, res=0, fd=1)), tables)) <= {"a", "b"}
    for field in ("proc.aname[9]", "proc.aenv[99999999999]", "proc.aenv[X]", "proc.sname"):
        compared(field, take(tables, event("close", 52, res=0, fd=1)), tables)


def test_accounts_that_the_capture_names() -> None:
    tables = Machine()
    users = [User(7, 8, b"seven", b"/home/seven", b""), User(9, 9, b"", b"", b"")]
    entries = {10: process(10, uid=7, gid=8, loginuid=9)}
    tables.begin(Snapshot(processes=entries, users=users, groups=[UserGroup(8, b"eight")]))
    taken = take(tables, event("close", res=0, fd=1))
    fields = (
        "user.name",
        "user.homedir",
        "user.shell",
        "user.loginname",
        "user.loginuid",
        "group.name",
        "user.uid",
    )
    assert [compared(each, taken, tables) for each in fields] == [
        "seven",
        "/home/seven",
        "",
        "",
        9,
        "eight",
        7,
    ]


def test_text_of_numbers() -> None:
    tables = machine(process(60, fdlimit=3))
    take(tables, event("open", 60, fd=3, name="/a"))
    taken = take(tables, event("close", 60, res=0, fd=9))
    assert in_json("proc.fdusage", taken, tables) == 100 / 3
    assert in_text("proc.fdusage", taken, tables) == "33.3"
    assert in_text("thread.ismain", taken, tables) == "true"
    assert in_text("proc.pid.ts", taken, tables) == "<NA>"
