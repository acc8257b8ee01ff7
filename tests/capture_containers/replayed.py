"""What a replay shows of containers after event blocks, through the same code as live."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from capture.containers import Metadata
from falcolab.system.machine import Machine
from tests.scap.building import getuid, read
from tests.system.events import event, machine, process, take
from tests.system_values.fields import in_json

_TID = 20


def machine_after(folder: Path, blocks: Sequence[bytes], cgroups: Sequence[tuple[bytes, bytes]]) -> Machine:
    """A machine with one process in these control groups, which has read the blocks from a file."""
    # What stands before the first system call would be part of the file's snapshot.
    events, _ = read(folder, getuid(0), *blocks)
    assert [each.type.id for each in events[1:]] == [402] * len(blocks)
    joined = b"\0".join(b"=".join(group) for group in cgroups)
    state = machine(process(_TID, cgroups=joined))
    for each in events[1:]:
        state.take(each)
    return state


def shown(machine: Machine, *names: str) -> dict[str, Any]:
    """Fields of an event that happens in the process now."""
    happened = event("getuid", _TID)
    take(machine, happened)
    return {name: in_json(name, happened, machine) for name in names}


def shown_after(
    folder: Path, blocks: Sequence[bytes], cgroups: Sequence[tuple[bytes, bytes]], *names: str
) -> dict[str, Any]:
    """Both in one."""
    return shown(machine_after(folder, blocks, cgroups), *names)


def told_in(block: bytes) -> Metadata:
    """The object that an event block brings."""
    text = block[block.index(b'{"container"') :].partition(b"\0")[0]
    found: Metadata = json.loads(text)["container"]
    return found
