"""Syscall captures: which events rules see, and the state behind every one of them.

The state is taken from the records directly; how fields print it is judged elsewhere.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from falcolab.sources.scap import open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.paths import sanitized
from falcolab.system.thread import NO_ID, Descriptor, FdFlag, Thread
from tests.conformance.outcome import Outcome, compare

_LETTERS = {
    -1: "?",
    **dict(enumerate("ofd4646pueXslitnf")),
    **dict(enumerate("burmP", 17)),
}
"""Type of descriptor -> ``fd.typechar``."""

Value = Callable[[Machine, Event, Thread], Any]


def numbering(data: Path) -> Iterator[Outcome]:
    """Number, time, thread and type of every event that rules see."""
    for capture, expected in _recorded(data):
        found = [(event.num, event.time, event.tid, event.type.name) for _, event in _replayed(data, capture)]
        yield compare(f"{capture}: number of events", len(found), len(expected))
        for ours, falcos in zip(found, expected, strict=False):
            names = ["evt.num", "evt.rawtime", "thread.tid", "evt.type"]
            if ours[3] == "syscall":  # The call's name comes from a parameter, which fields know of.
                del names[3]
            theirs = tuple(falcos[name] for name in names)
            yield compare(f"{capture}: event {ours[0]}", ours[: len(names)], theirs)


def state(data: Path) -> Iterator[Outcome]:
    """The state behind every event of the captures of which all fields are known."""
    for capture, expected in _recorded(data):
        yield from _compared(data, capture, expected)


def sampled_state(data: Path) -> Iterator[Outcome]:
    """The state behind some events of the other captures."""
    known = {path.name.partition(".")[0] for path in (data / "events").iterdir()}
    for path in sorted((data / "fields").iterdir()):
        capture = path.name.partition(".")[0]
        if capture not in known and capture != "k8s_regression":
            yield from _compared(data, capture, _lines(path))


def _recorded(data: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for path in sorted((data / "events").iterdir()):
        yield path.name.partition(".")[0], _lines(path)


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def _replayed(data: Path, capture: str) -> Iterator[tuple[Machine, Event]]:
    machine = Machine()
    with open_capture(data / "captures/scap" / f"{capture}.scap") as items:
        for event in machine.replay(items):
            yield machine, event
        assert items.ending is not None
        assert items.ending.is_whole, items.ending.reason


def _compared(data: Path, capture: str, expected: list[dict[str, Any]]) -> Iterator[Outcome]:
    by_number = {line["evt.num"]: line for line in expected}
    for machine, event in _replayed(data, capture):
        falcos = by_number.get(event.num)
        if falcos is None:
            continue
        thread = event.thread or machine.find(event.tid)
        for name in falcos.keys() & FIELDS.keys():
            if _is_of_other_values(name, machine, event, thread):
                continue
            ours = FIELDS[name](machine, event, thread) if thread is not None else None
            where = f"{capture}: {name} of event {event.num} ({event.type.name})"
            yield compare(where, _printed(ours), falcos[name])


def _is_of_other_values(name: str, machine: Machine, event: Event, thread: Thread | None) -> bool:
    """Whether the value does not come from the record that it is named for."""
    if name in ("user.name", "user.homedir", "user.shell"):
        # Falco asked the machine on which it ran for users that the capture does not name.
        return thread is not None and machine.user(thread.container_id, thread.uid) is None
    if name == "container.id":
        return event.type.name == "container"
    return name in ("fd.name", "fd.nameraw", "fd.typechar") and event.fd is None


def _printed(value: Any) -> Any:
    return sanitized(value).decode() if isinstance(value, bytes) else value


def _attribute(name: str) -> Value:
    return lambda _machine, _event, thread: getattr(thread, name)


def _known(name: str, unknown: int) -> Value:
    """A number that one value stands for not knowing."""
    return lambda _machine, _event, thread: (
        None if getattr(thread, name) == unknown else getattr(thread, name)
    )


def _of(relative: Callable[[Machine, Thread], Thread | None], name: str) -> Value:
    def value(machine: Machine, _event: Event, thread: Thread) -> Any:
        found = relative(machine, thread)
        return getattr(found, name) if found is not None else None

    return value


def _main(machine: Machine, thread: Thread) -> Thread | None:
    return machine.threads.main(thread)


def _parent(machine: Machine, thread: Thread) -> Thread | None:
    return machine.threads.parent(thread)


def _grandparent(machine: Machine, thread: Thread) -> Thread | None:
    return machine.threads.ancestor(thread, 2)


def _of_event(value: Callable[[Event, Thread], Any]) -> Value:
    """A value of events that are about descriptors."""

    def of_event(_machine: Machine, event: Event, thread: Thread) -> Any:
        is_about_one = event.type.flags & {"CREATES_FD", "USES_FD", "DESTROYS_FD"}
        return value(event, thread) if is_about_one else None

    return of_event


def _of_fd(value: Callable[[Descriptor, Event], Any]) -> Value:
    """A value of the event's descriptor."""
    return _of_event(lambda event, _thread: value(event.fd, event) if event.fd is not None else None)


def _fd(name: str) -> Value:
    return _of_fd(lambda descriptor, _event: getattr(descriptor, name))


def _container(machine: Machine, _event: Event, thread: Thread) -> Any:
    return thread.container_id or b"host"


def _account(machine: Machine, thread: Thread, uid: int, name: str) -> Any:
    user = machine.user(thread.container_id, uid)
    return getattr(user, name) if user is not None else b"<NA>"


def _threads(_machine: Machine, _event: Event, thread: Thread) -> Any:
    return thread.group.alive if thread.group is not None else 0


def _children(_machine: Machine, _event: Event, thread: Thread) -> Any:
    group = thread.group
    if group is None:
        return 0
    return group.alive - (1 if group.main is not None and not group.main.is_dead else 0)


def _joined(values: list[bytes]) -> bytes:
    return b" ".join(values)


def _open_descriptors(machine: Machine, _event: Event, thread: Thread) -> Any:
    main = machine.threads.main(thread)
    return len(main.fds) if main is not None else 0


FIELDS: dict[str, Value] = {
    "proc.name": _attribute("comm"),
    "proc.exe": _attribute("exe"),
    "proc.exepath": _attribute("exepath"),
    "proc.cmdline": _attribute("command_line"),
    "proc.args": lambda _machine, _event, thread: _joined(thread.args),
    "proc.env": lambda machine, _event, thread: _joined(machine.threads.env(thread)),
    "proc.cwd": lambda machine, _event, thread: machine.threads.cwd(thread),
    "proc.pid": _attribute("pid"),
    "proc.vpid": _known("vpid", -1),
    "thread.vtid": _known("vtid", -1),
    "proc.sid": _attribute("sid"),
    "proc.vpgid": _attribute("vpgid"),
    "proc.pgid": _attribute("pgid"),
    "proc.tty": _attribute("tty"),
    "proc.ppid": _of(_parent, "pid"),
    "proc.pname": _of(_parent, "comm"),
    "proc.pexe": _of(_parent, "exe"),
    "proc.pexepath": _of(_parent, "exepath"),
    "proc.pcmdline": _of(_parent, "command_line"),
    "proc.aname[2]": _of(_grandparent, "comm"),
    "proc.nthreads": _threads,
    "proc.nchilds": _children,
    "proc.fdopencount": _open_descriptors,
    "proc.fdlimit": lambda machine, _event, thread: _of(_main, "fdlimit")(machine, _event, thread) or 0,
    "proc.vmsize": _attribute("vmsize"),
    "proc.vmrss": _attribute("vmrss"),
    "proc.vmswap": _attribute("vmswap"),
    "thread.pfmajor": _attribute("pfmajor"),
    "thread.pfminor": _attribute("pfminor"),
    "proc.is_exe_writable": _attribute("exe_writable"),
    "proc.is_exe_upper_layer": _attribute("exe_upper_layer"),
    "proc.is_exe_lower_layer": _attribute("exe_lower_layer"),
    "proc.is_exe_from_memfd": _attribute("exe_from_memfd"),
    "proc.exe_ino": _known("exe_ino", 0),
    "proc.exe_ino.ctime": _known("exe_ino_ctime", 0),
    "proc.exe_ino.mtime": _known("exe_ino_mtime", 0),
    "proc.pid.ts": _known("clone_ts", 0),
    "proc.pidns_init_start_ts": _known("pidns_init_start_ts", 0),
    "thread.cgroups": lambda _machine, _event, thread: (
        _joined([name + b"=" + path for name, path in thread.cgroups]) if thread.cgroups else None
    ),
    "container.id": _container,
    "user.uid": _attribute("uid"),
    "group.gid": _attribute("gid"),
    "user.loginuid": lambda _machine, _event, thread: -1 if thread.loginuid == NO_ID else thread.loginuid,
    "user.name": lambda machine, _event, thread: _account(machine, thread, thread.uid, "name"),
    "user.homedir": lambda machine, _event, thread: _account(machine, thread, thread.uid, "home"),
    "user.shell": lambda machine, _event, thread: _account(machine, thread, thread.uid, "shell"),
    "fd.num": _of_event(lambda _event, thread: thread.last_fd),
    "fd.typechar": _of_fd(lambda descriptor, _event: _LETTERS.get(descriptor.type)),
    "fd.name": _fd("name"),
    "fd.nameraw": _fd("nameraw"),
    "fd.ino": _fd("ino"),
    "fd.connected": _of_fd(lambda descriptor, _event: bool(descriptor.flags & FdFlag.CONNECTED)),
    "fd.name_changed": _of_fd(lambda descriptor, event: descriptor.name != event.fd_old_name),
}
"""Field -> its value, from the records."""
