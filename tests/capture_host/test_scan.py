"""The scan against what this process knows of itself and of processes that it starts."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.host.descriptors import DescriptorScan
from capture.host.files import GoneError, read
from capture.host.interfaces import read_interfaces
from capture.host.process import read_thread
from capture.host.scan import scan, threads
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, FdType


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()", "an argument", "\xff"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=tmp_path, env={"A": "1"}) as process:
        while (
            not (entry := read_thread(f"/proc/{process.pid}", process.pid, [])) or b"an arg" not in entry.args
        ):
            pass
        yield process
        process.kill()


def test_a_process_is_told_with_all_that_it_is(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    entry = scan().processes[child.pid]
    assert (entry.tid, entry.pid, entry.ptid) == (child.pid, child.pid, os.getpid())
    assert (entry.vtid, entry.vpid, entry.sid, entry.pgid) == (
        child.pid,
        child.pid,
        os.getsid(0),
        os.getpgrp(),
    )
    assert entry.exe == os.fsencode(sys.executable)
    assert entry.exepath == os.fsencode(Path(sys.executable).resolve())
    assert entry.args.endswith(b"an argument\0\xc3\xbf\0")
    assert entry.env == b"A=1\0"
    assert (entry.cwd, entry.root) == (os.fsencode(tmp_path), b"/")
    assert (entry.uid, entry.gid) == (os.geteuid(), os.getegid())
    assert entry.fdlimit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert entry.exe_ino == Path(sys.executable).stat().st_ino
    assert entry.vmsize > entry.vmrss > 0
    assert entry.fds[0].type == FdType.FIFO


def test_the_machine_takes_the_scan_in(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    machine = Machine()
    machine.begin(scan())
    thread = machine.find(child.pid)
    assert thread is not None
    assert thread.cwd == os.fsencode(tmp_path) + b"/"
    assert thread.comm.startswith(b"python")
    parent = machine.find(os.getpid())
    assert parent is not None
    assert child.pid in parent.children


def test_threads_are_told_without_descriptors() -> None:
    done = threading.Event()
    waiting = threading.Thread(target=done.wait)
    waiting.start()
    found = [entry for entry in threads() if entry.pid == os.getpid()]
    done.set()
    waiting.join()
    thread = next(entry for entry in found if entry.tid == waiting.native_id)
    assert found[0].tid == os.getpid()
    assert thread.flags & 1 << 13
    assert thread.fds == {}


def own_descriptor(number: int) -> Descriptor:
    return DescriptorScan().of_process(f"/proc/{os.getpid()}")[number]


def test_descriptors_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    opened = {
        FdType.FILE_V2: os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND),
        FdType.DIRECTORY: os.open(tmp_path, os.O_RDONLY),
        FdType.EVENT: os.eventfd(0),
        FdType.MEMFD: os.memfd_create("hidden"),
        FdType.PIDFD: os.pidfd_open(os.getpid()),
    }
    found = {type_: own_descriptor(number) for type_, number in opened.items()}
    for number in opened.values():
        os.close(number)
    assert {type_: descriptor.type for type_, descriptor in found.items()} == {
        type_: type_ for type_ in found
    }
    file = found[FdType.FILE_V2]
    assert (file.name, file.ino, file.dev) == (os.fsencode(path), path.stat().st_ino, path.stat().st_dev)
    assert file.openflags & 0b1011 == 0b1011
    assert found[FdType.MEMFD].name == b"hidden"
    assert found[FdType.PIDFD].pid == os.getpid()


def test_sockets_are_told_with_their_ends(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink,
    ):
        unix.bind(str(tmp_path / "door"))
        netlink.bind((0, 0))
        machine = Machine()
        machine.begin(scan())
        thread = machine.find(os.getpid())
        assert thread is not None
        port, own = server.getsockname()[1], client.getsockname()[1]
        assert thread.fds[server.fileno()].name == b"127.0.0.1:%d" % port
        assert thread.fds[client.fileno()].name == b"127.0.0.1:%d->127.0.0.1:%d" % (own, port)
        assert thread.fds[unix.fileno()].name == os.fsencode(tmp_path / "door")
        assert thread.fds[netlink.fileno()].type == FdType.NETLINK


def test_a_program_that_is_gone_is_told_as_deleted(tmp_path: Path) -> None:
    program = tmp_path / "sleeper"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([str(program), "60"]) as process:
        program.unlink()
        entry = scan().processes[process.pid]
        process.kill()
    assert entry.exepath == os.fsencode(program) + b" (deleted)"


def test_a_thread_that_has_ended_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(GoneError):
        read_thread("/proc/4194400", 4194400, [])
    with pytest.raises(GoneError):
        read("/proc/4194400", "stat")
    assert DescriptorScan().of_process("/proc/4194400") == {}
    (tmp_path / "99/task/99").mkdir(parents=True)
    assert list(threads(tmp_path)) == []


def test_a_scan_amid_processes_that_come_and_go() -> None:
    loop = "while :; do /bin/true; done"
    with subprocess.Popen(["/bin/sh", "-c", loop]) as process:
        scans = [scan().processes for _ in range(10)]
        process.kill()
    assert all(process.pid in found for found in scans)


def test_threads_of_the_kernel_are_left_out() -> None:
    comms = {entry.comm for entry in scan().processes.values()}
    assert b"kthreadd" not in comms


def test_the_machine_and_its_accounts() -> None:
    snapshot = scan()
    assert snapshot.machine is not None
    assert snapshot.machine.num_cpus == os.cpu_count()
    assert snapshot.machine.hostname == os.fsencode(socket.gethostname())
    assert snapshot.machine.boot_time % 10**9 == 0
    assert (0, b"root", b"/root") in {(user.uid, user.name, user.home) for user in snapshot.users}
    assert (0, b"root") in {(group.gid, group.name) for group in snapshot.groups}


def test_the_loopback_interface_is_told() -> None:
    found = {(each.name, each.address, each.netmask) for each in read_interfaces()}
    assert (b"lo", bytes([127, 0, 0, 1]), bytes([255, 0, 0, 0])) in found


def test_the_processes_of_other_users_are_there_whatever_root_may_do(tmp_path: Path) -> None:
    """A service's root has few capabilities as a rule; these are the ones that its unit leaves it."""
    if os.geteuid():
        pytest.skip("needs to be root")
    program = (
        "import subprocess, sys; from capture.host.scan import scan\n"
        "other = subprocess.Popen(['setpriv', '--reuid', '65534', '--clear-groups', 'sleep', '60'])\n"
        "import time; time.sleep(0.5); entry = scan().processes[other.pid]; other.kill(); other.wait()\n"
        "print(entry.uid, entry.exepath.decode(), entry.fdlimit > 0, sorted(entry.fds))"
    )
    few = ["setpriv", "--bounding-set", "-all,+setuid,+setgid,+kill,+sys_ptrace,+dac_read_search"]
    done = subprocess.run([*few, sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "65534 /usr/bin/sleep True [0, 1, 2]\n"
