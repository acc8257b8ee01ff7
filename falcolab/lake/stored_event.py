"""A system event put together again from the rows that the lake keeps of it.

It stands for the event where a field is computed from its parameters. Of the state it has what
the rows tell; what they don't tell, no field that is computed this way asks for.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from falcolab.lang.strings import to_bytes
from falcolab.system.event import Event
from falcolab.system.tables import event_types
from falcolab.system.thread import Descriptor, Group, Thread, ThreadFlag
from falcolab.system.threads import ThreadTable
from falcolab.system.values import Context
from falcolab.system.values.params import STATE_DEPENDENT, plain_text

EVENT_COLUMNS = ("num", "time", "type", "tid", "cpu", "first_time", "lengths", "params", "fd.num")
STATE_COLUMNS = (
    "known",
    "proc.pid.ts",
    "proc.pidns_init_start_ts",
    "thread.ismain",
    "fd_type",
    "fd_flags",
    "fd_own",
    "fd.name",
    "resolved",
)
"""The columns that an event is put together from: its own, and those of dimensions."""


@dataclass(slots=True)
class StoredThreads:
    """The one thread that a stored event tells of."""

    thread: Thread | None

    def get(self, _tid: int) -> Thread | None:
        """The thread, whichever is asked for."""
        return self.thread

    def main(self, _thread: Thread) -> Thread | None:
        """The same: what is asked of the main thread is the same for both."""
        return self.thread


@dataclass(slots=True)
class StoredMachine:
    """What a stored event tells of its machine."""

    first_time: int = 0
    threads: StoredThreads = field(default_factory=lambda: StoredThreads(None))
    containers: dict[bytes, Any] = field(default_factory=dict)


def params_of(lengths: bytes, params: bytes) -> tuple[bytes, ...]:
    """The parameters from their sizes and their bytes."""
    out, at = [], 0
    for size in struct.unpack(f"<{len(lengths) // 4}I", lengths):
        out.append(params[at : at + size])
        at += size
    return tuple(out)


@lru_cache(maxsize=65536)
def _position(type_: int, name: str) -> int | None:
    params = event_types()[type_].params
    return next((index for index, param in enumerate(params) if param.name == name), None)


def argument_text(
    name: str, type_: int, lengths: bytes, params: bytes, resolved: Sequence[str | None] | None
) -> str | None:
    """``evt.arg.NAME`` of an event, without putting the event together."""
    index = _position(type_, name)
    if index is None or index >= len(lengths) // 4:
        return None
    param = event_types()[type_].params[index]
    if param.type in STATE_DEPENDENT:
        value, _, text = ((resolved or ())[index] or "").partition("\0") if resolved else ("", "", "")
        return text or value
    sizes = struct.unpack_from(f"<{index + 1}I", lengths)
    end = sum(sizes)
    return plain_text(param, params[end - sizes[-1] : end]).short


def stored_context(*columns: Any) -> Context:
    """The context of an event; the values are those of ``EVENT_COLUMNS`` and ``STATE_COLUMNS``."""
    num, time, type_, tid, cpu, first_time, lengths, params, last_fd, *state = columns
    known, clone_ts, start_ts, is_main, fd_type, fd_flags, fd_own, name, resolved = state
    event = Event(event_types()[type_], time, tid, cpu, params_of(lengths, params), num=num)
    thread = Thread(tid=tid, clone_ts=clone_ts or 0, pidns_init_start_ts=start_ts or 0) if known else None
    if thread is not None:
        thread.last_fd = -1 if last_fd is None else last_fd
        thread.flags |= ThreadFlag.IS_MAIN_THREAD if is_main else 0
    fd = None if fd_type is None else Descriptor(fd_type, to_bytes(name or ""), flags=fd_flags)
    event.thread, event.fd = thread, fd if fd_own else None
    machine: Any = StoredMachine(first_time, StoredThreads(thread))
    return Context(event, machine, thread, fd, resolved or (None,) * len(event.params))


def process_context(  # noqa: PLR0913, PLR0917  # a row of the table
    known: bool,  # noqa: FBT001
    args: Sequence[str],
    cgroups: Sequence[str],
    _parent_clone_ts: int | None,
    names: Sequence[str],
    exes: Sequence[str],
    exepaths: Sequence[str],
    cmdlines: Sequence[str],
    arguments: Sequence[str],
    environments: Sequence[str],
    pids: Sequence[int],
) -> Context:
    """A context in which only the process and its ancestors are known, as ``PROCESS_COLUMNS`` tell them."""
    machine: Any = StoredMachine()
    event = Event(event_types()[1], 0, -1, 0, ())
    if not known:
        return Context(event, machine, None, None)
    table = machine.threads = ThreadTable()
    line = zip(names, exes, exepaths, cmdlines, arguments, environments, pids, strict=True)
    above = [_ancestor(*row) for row in line]
    for number, each in enumerate(above):
        # Real ids may be missing or double; what counts is who comes after whom.
        each.tid, each.ptid = number, number + 1
        table.by_id[number] = each
    thread = Thread(tid=-2, args=[to_bytes(arg) for arg in args])
    thread.cgroups = [_pair(to_bytes(text)) for text in cgroups]
    thread.group = Group(0, main=above[0] if above else None)
    return Context(event, machine, thread, None)


def _ancestor(  # noqa: PLR0913, PLR0917
    name: str, exe: str, exepath: str, cmdline: str, arguments: str, environment: str, pid: int
) -> Thread:
    thread = Thread(pid=pid, comm=to_bytes(name), exe=to_bytes(exe), exepath=to_bytes(exepath))
    thread.cmdline, thread.args = to_bytes(cmdline), [to_bytes(arguments)]
    thread.env = to_bytes(environment).split(b"\0") if environment else []
    thread.flags |= ThreadFlag.IS_MAIN_THREAD
    return thread


def _pair(text: bytes) -> tuple[bytes, bytes]:
    subsystem, _, path = text.partition(b"=")
    return subsystem, path


def container_context(stored: str | None, container_id: str | None) -> Context:
    """A context in which only the container is known."""
    thread, machine = Thread(), StoredMachine()
    if container_id is None:
        machine.threads = StoredThreads(None)
    else:
        thread.container_id = b"" if container_id == "host" else to_bytes(container_id)
        machine.threads = StoredThreads(thread)
    if stored is not None:
        machine.containers = {to_bytes(key): info for key, info in json.loads(stored).items()}
    event = Event(event_types()[1], 0, -1, 0, ())
    known: Any = machine
    return Context(event, known, machine.threads.thread, None)
