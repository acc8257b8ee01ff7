"""The tables of a machine as bytes, and back: from where one process left off another goes on.

What threads share (lists of arguments, records of descriptors, their groups) is written once and
shared again afterwards.
"""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from typing import Any

import msgspec

from falcolab.errors import InputError
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Interface, User, UserGroup
from falcolab.system.tables import event_types
from falcolab.system.thread import Descriptor, Group, Thread

_FORMAT = 1
_LISTS = ("args", "env", "cgroups")
_LINKS = ("fds", "group", "children", "enter")
_PLAIN = tuple(each.name for each in fields(Thread) if each.name not in (*_LISTS, *_LINKS))


class _Pool:
    """Objects that are written once, each known by its number."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, item: Any) -> int:
        found = self._numbers.setdefault(id(item), len(self.items))
        if found == len(self.items):
            self.items.append(item)
        return found


def save(machine: Machine) -> bytes:
    """The state of a machine between two events."""
    lists, descriptors, groups = _Pool(), _Pool(), _Pool()
    threads = [
        [tid, _saved_thread(thread, lists, descriptors, groups)]
        for tid, thread in machine.threads.by_id.items()
    ]
    owners = {id(thread.fds): tid for tid, thread in machine.threads.by_id.items()}
    for group in machine.threads.groups.values():
        groups.number(group)
    state = {
        "format": _FORMAT,
        "numbers": [machine.num, machine.first_time, machine.threads.copied_fds],
        "threads": threads,
        "lists": lists.items,
        "descriptors": [list(astuple(each)) for each in descriptors.items],
        "groups": [_saved_group(each) for each in groups.items],
        "known_groups": [[pid, groups.number(each)] for pid, each in machine.threads.groups.items()],
        "users": [list(astuple(each)) for each in machine.users.users.values()],
        "user_groups": [list(astuple(each)) for each in machine.users.groups.values()],
        "interfaces": [list(astuple(each)) for each in machine.interfaces],
        "containers": json.dumps(
            [
                [key.decode("latin-1"), info, machine.container_sizes.get(key, 0)]
                for key, info in machine.containers.items()
            ]
        ),
        "exits": list(machine.exits.order),
        "exited": machine.exited,
        "closed": [[owners[id(fds)], number] for fds, number in machine.closed if id(fds) in owners],
    }
    return msgspec.msgpack.encode(state)


def _saved_thread(thread: Thread, lists: _Pool, descriptors: _Pool, groups: _Pool) -> list[Any]:
    enter = thread.enter
    return [
        [getattr(thread, name) for name in _PLAIN],
        [lists.number(getattr(thread, name)) for name in _LISTS],
        [[number, descriptors.number(fd)] for number, fd in thread.fds.items()],
        None if thread.group is None else groups.number(thread.group),
        list(thread.children),
        None if enter is None else [enter.type.id, enter.time, enter.tid, enter.cpu, enter.params, enter.num],
    ]


def _saved_group(group: Group) -> list[Any]:
    main = None if group.main is None else group.main.tid
    return [group.pid, group.reaper, group.alive, main, list(group.others)]


def restore(content: bytes) -> Machine:
    """The machine that was saved.

    Raises:
        InputError: it was saved by another version, or is damaged.
    """
    try:
        state = msgspec.msgpack.decode(content)
        if state["format"] != _FORMAT:
            raise InputError(f"the state of a machine was saved in format {state['format']}, not {_FORMAT}")
        return _restored(state)
    except (msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"the saved state of a machine is damaged: {error}") from None


def _restored(state: dict[str, Any]) -> Machine:
    machine = Machine()
    machine.num, machine.first_time, machine.threads.copied_fds = state["numbers"]
    _restore_threads(machine, state)
    machine.users.take_list(
        (User(*each) for each in state["users"]), (UserGroup(*each) for each in state["user_groups"])
    )
    machine.network.take(Interface(*each) for each in state["interfaces"])
    for name, info, size in json.loads(state["containers"]):
        key = name.encode("latin-1")
        machine.containers[key], machine.container_sizes[key] = info, size
        machine.containers_size += size
    for ptid, tid, time in state["exits"]:
        machine.exits.add(ptid, tid, time)
    machine.exited = state["exited"]
    machine.closed = [(machine.threads.by_id[tid].fds, number) for tid, number in state["closed"]]
    return machine


def _restore_threads(machine: Machine, state: dict[str, Any]) -> None:
    by_id = machine.threads.by_id
    descriptors = [Descriptor(*each) for each in state["descriptors"]]
    lists = [_list(each) for each in state["lists"]]
    groups = [Group(pid, reaper, alive) for pid, reaper, alive, _, _ in state["groups"]]
    machine.threads.groups = {pid: groups[number] for pid, number in state["known_groups"]}
    for tid, (plain, shared, fds, group, _, enter) in state["threads"]:
        thread = by_id[tid] = Thread(**dict(zip(_PLAIN, plain, strict=True)))
        for name, number in zip(_LISTS, shared, strict=True):
            setattr(thread, name, lists[number])
        thread.fds = {number: descriptors[at] for number, at in fds}
        thread.group = None if group is None else groups[group]
        thread.enter = None if enter is None else _event(enter)
    for tid, (_, _, _, _, children, _) in state["threads"]:
        by_id[tid].children = {child: by_id[child] for child in children if child in by_id}
    for group, (_, _, _, main, others) in zip(groups, state["groups"], strict=True):
        group.main = by_id.get(main)
        group.others = {tid: by_id[tid] for tid in others if tid in by_id}


def _list(items: list[Any]) -> list[Any]:
    """Control groups are pairs, which come back as lists."""
    return [tuple(each) if isinstance(each, list) else each for each in items]


def _event(saved: list[Any]) -> Event:
    type_, time, tid, cpu, params, num = saved
    return Event(event_types()[type_], time, tid, cpu, tuple(params), num=num)
