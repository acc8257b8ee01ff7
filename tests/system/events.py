"""Events and snapshots for tests, with parameters by name."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any

from falcolab.system.event import Event
from falcolab.system.event_type import EventType, Param
from falcolab.system.machine import Machine
from falcolab.system.snapshot import ProcessEntry, Snapshot
from falcolab.system.tables import event_types

START = 1_600_000_000 * 10**9
SECOND = 10**9
_VARIABLE_TEXT = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})


def event_type(name: str, *, enter: bool = False) -> EventType:
    """Today's type of a name; for calls the exit event unless told."""
    found = [
        type_
        for type_ in event_types()
        if type_.name == name and not type_.flags & {"UNUSED"} and _is_current(type_, enter=enter)
    ]
    assert found, name
    return found[-1]


def _is_current(type_: EventType, *, enter: bool) -> bool:
    if type_.event_category != "SYSCALL":
        return True
    return type_.is_exit != enter and (enter or "OLD_VERSION" not in type_.flags)


def event(name: str, tid: int = 10, /, *, at: int = 0, enter: bool = False, **values: Any) -> Event:
    """An event; parameters that are not named are not available."""
    type_ = event_type(name, enter=enter)
    unknown = values.keys() - {param.name for param in type_.params}
    assert not unknown, unknown
    params = tuple(encoded(param, values.get(param.name)) for param in type_.params)
    return Event(type_, START + at, tid, 0, params)


def encoded(param: Param, value: Any) -> bytes:
    """A value as captures hold it: text gets its NUL, lists of texts are put together."""
    if value is None:
        return b""
    if isinstance(value, int):
        size = param.size or 8
        return (value % (1 << 8 * size)).to_bytes(size, "little")
    if isinstance(value, list):
        return b"".join(each.encode() + b"\0" for each in value)
    if isinstance(value, str):
        return value.encode() + b"\0"
    return bytes(value) + (b"\0" if param.type in _VARIABLE_TEXT else b"")


def address(text: str) -> bytes:
    """A SOCKADDR from ``ip:port``, or the path of a unix socket."""
    if text.startswith("/"):
        return b"\x01" + text.encode() + b"\0"
    packed = _end(text)
    return bytes((2 if len(packed) == 6 else 10,)) + packed


def pair(source: str, destination: str) -> bytes:
    """A SOCKTUPLE."""
    packed = _end(source) + _end(destination)
    return bytes((2 if len(packed) == 12 else 10,)) + packed


def unix_pair(source: int, peer: int, path: str) -> bytes:
    """A SOCKTUPLE of unix sockets."""
    return b"\x01" + source.to_bytes(8, "little") + peer.to_bytes(8, "little") + path.encode() + b"\0"


def _end(text: str) -> bytes:
    ip, _, port = text.rpartition(":")
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return socket.inet_pton(family, ip) + int(port).to_bytes(2, "little")


def process(tid: int, ptid: int = 1, **values: Any) -> ProcessEntry:
    """An entry of a process list; a process of its own unless told otherwise."""
    given = {"pid": tid, "vtid": tid, "vpid": values.get("pid", tid), "comm": b"bash", "exe": b"/bin/bash"}
    return ProcessEntry(tid=tid, ptid=ptid, **{**given, "cwd": b"/home", "uid": 0, "gid": 0, **values})


def machine(*entries: ProcessEntry, events: Iterable[Event] = ()) -> Machine:
    """A machine with init, a shell with number 10 that it has started, and what is given."""
    made = Machine()
    known = [process(1, 0, comm=b"init", exe=b"/sbin/init", cwd=b"/"), process(10), *entries]
    made.begin(Snapshot(processes={entry.tid: entry for entry in known}, events=list(events)))
    return made


def clone(caller: int, child: int, *, at: int = 0, **values: Any) -> list[Event]:
    """Both events of a clone: the caller's, and the child's."""
    common = {
        "exe": "/bin/bash", "args": [], "comm": "bash", "pid": caller, "ptid": 1, "fdlimit": 1024, "flags": 0,
        "uid": 0, "gid": 0, "vtid": caller, "vpid": caller,
    }  # fmt: skip
    inside = {"pid": child, "ptid": caller, "vtid": child, "vpid": child}
    return [
        event("clone", caller, at=at, res=child, **{**common, **values}),
        event("clone", child, at=at + 1, res=0, **{**common, **inside, **values}),
    ]


def take(machine: Machine, *events: Event) -> Event:
    """Apply events; the last of them."""
    for each in events:
        machine.take(each)
    return events[-1]
