"""How much memory threads use, as events tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system.params import raw, unsigned
from falcolab.system.thread import Thread

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine


def take_memory(event: Event, thread: Thread, first: int) -> None:
    """Page faults and sizes (kB), five parameters from ``first`` on, if they were recorded."""
    if raw(event, first + 4):
        thread.pfmajor = unsigned(event, first) or 0
        thread.pfminor = unsigned(event, first + 1) or 0
        _take_sizes(event, thread, first + 2)


def _take_sizes(event: Event, thread: Thread, first: int) -> None:
    thread.vmsize = unsigned(event, first) or 0
    thread.vmrss = unsigned(event, first + 1) or 0
    thread.vmswap = unsigned(event, first + 2) or 0


def _mapped(_machine: Machine, event: Event, thread: Thread) -> None:
    """The call changes the address space, and tells how large it is now."""
    if raw(event, 3):
        _take_sizes(event, thread, 1)
    elif (size := unsigned(event, 1)) is not None:
        thread.vmsize = size


def _switched(machine: Machine, event: Event, thread: Thread) -> None:
    """The processor turns to another thread."""
    if raw(event, 5):
        thread.pfmajor = unsigned(event, 1) or 0
        thread.pfminor = unsigned(event, 2) or 0
        if (main := machine.threads.main(thread)) is not None:
            _take_sizes(event, main, 3)


MAPPING = frozenset({159, 161, 163, 165})
"""brk, mmap, mmap2 and munmap."""

HANDLERS = {
    **dict.fromkeys(MAPPING, _mapped),
    152: _switched,
}
