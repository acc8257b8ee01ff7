"""Events that no machine would produce."""

from __future__ import annotations

import random

import pytest

from falcolab.system.event import Event
from falcolab.system.event_type import Param
from falcolab.system.limits import MAX_FDS
from falcolab.system.machine import Machine
from falcolab.system.plans import ENTER_TYPES, HANDLERS, OBSERVERS
from falcolab.system.tables import event_types
from tests.system.events import START, machine

EVENTS = 2000
NUMBERS = [*range(9), 100, 4096, 1 << 6, 1 << 13, 1 << 16, 1 << 27, 1 << 29, -1, -2, -100, -115]
TEXTS = [
    b"/a/b\0", b"../../x\0", b"(NULL)\0", b"/\0", b"\0", b"a\0b\0c", b"\xff\xfe/\0", b"x" * 2000 + b"\0",
    b"cpu=/docker/" + b"a" * 64 + b"\0", b"cpu=/lxc.payload.x\0",
    b'{"container":{"id":"aaaaaaaaaaaa"}}\0', b"[[[[",
]  # fmt: skip


def parameter(chance: random.Random, param: Param) -> bytes:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(20) * chance.randrange(2))
    if param.size:
        number: int = chance.choice([*NUMBERS, chance.getrandbits(8 * param.size)])
        return (number % (1 << 8 * param.size)).to_bytes(param.size, "little")
    if param.type in ("SOCKADDR", "SOCKTUPLE"):
        size = chance.choice([0, 6, 7, 12, 13, 17, 18, 19, 36, 37, 40])
        return bytes([chance.choice([1, 2, 10, 16, 0]), *chance.choices([0, 1, 127, 255], k=size)])
    return chance.choice(TEXTS)


def events(seed: int) -> list[Event]:
    chance = random.Random(seed)
    interesting = [*HANDLERS, *OBSERVERS, *ENTER_TYPES]
    made, time = [], START
    for _ in range(EVENTS):
        type_ = event_types()[chance.choice(interesting)]
        params = tuple(parameter(chance, param) for param in type_.params)
        params = params[: chance.choice([*[len(params)] * 20, *range(len(params) + 1)])]
        time += chance.choice([0, 1, 10**6, 10**9, -(10**6)])
        made.append(Event(type_, time, chance.choice([*range(1, 9), 0, -1, -5]), 0, params))
    return made


def is_sound(tables: Machine) -> bool:
    """Whether the tables agree with each other."""
    for tid, thread in tables.threads.by_id.items():
        group = thread.group
        in_group = group is None or group.main is thread or group.others.get(tid) is thread
        if thread.tid != tid or not in_group or len(thread.fds) > MAX_FDS:
            return False
    return True


@pytest.mark.parametrize("seed", range(20))
def test_random_events_leave_the_tables_sound(seed: int) -> None:
    tables = machine()
    for event in events(seed):
        tables.take(event)
        assert is_sound(tables), event
