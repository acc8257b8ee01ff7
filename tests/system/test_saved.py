"""A machine that was saved goes on as if nothing had happened."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from falcolab.errors import InputError
from falcolab.lake.syscall.encoder import SyscallEncoder
from falcolab.sources.scap import open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.saved import restore, save
from falcolab.system.snapshot import Snapshot

BUNDLED = Path(__file__).parents[2] / "datasets" / "host-scenario" / "capture.scap"


def rows_after(path: Path, events: int, *, saving: bool) -> dict[str, object]:
    """The rows of the events of a capture after the first ones, between which the machine may be saved."""
    machine, encoder = Machine(), SyscallEncoder(1)
    with open_capture(path) as capture:
        items = iter(capture)
        for item in islice(items, events):
            take(machine, item)
        if saving:
            machine = restore(save(machine))
        for item in items:
            if take(machine, item):
                encoder.notice(item, machine)
                encoder.add(item, machine)
            elif isinstance(item, Event):
                encoder.notice(item, machine)
    return dict(encoder.tables())


def take(machine: Machine, item: Snapshot | Event) -> bool:
    if isinstance(item, Snapshot):
        machine.begin(item)
        return False
    return machine.take(item)


@pytest.mark.parametrize("events", [1, 2, 100, 777, 4000, 9000])
def test_the_bundled_capture_goes_on_the_same(events: int) -> None:
    assert rows_after(BUNDLED, events, saving=True) == rows_after(BUNDLED, events, saving=False)


def test_every_recorded_capture_goes_on_the_same(shared: Path) -> None:
    for path in sorted((shared / "conformance" / "captures" / "scap").glob("*.scap")):
        if path.stat().st_size < 2**17:
            assert rows_after(path, 500, saving=True) == rows_after(path, 500, saving=False), path.name


def test_saving_twice_gives_the_same_bytes() -> None:
    machine = Machine()
    with open_capture(BUNDLED) as capture:
        for item in islice(capture, 3000):
            take(machine, item)
    content = save(machine)
    assert save(restore(content)) == content


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x81\xa6format\x02", b"\xff" * 100])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="saved"):
        restore(content)
