"""An event as the system tables take it, from a capture file or from the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field

from falcolab.system.event_type import EventType
from falcolab.system.thread import Descriptor, Thread


@dataclass(slots=True)
class Event:
    """One event, in today's form.

    Attributes:
        type: its type.
        time: ns since 1970.
        tid: the thread that it happened in.
        cpu: the processor.
        params: the raw bytes of each parameter, in the order of the type; ``b""`` is "not available".
            There may be fewer than the type has.
        state_only: whether it changes the tables but is hidden from rules.
        num: ``evt.num``, set by the machine.
        thread: its thread, once the machine has taken it in; None without.
        fd: the descriptor that it is about, as it is after the event; None without.
        fd_old_name: the name of ``fd`` before the event.
    """

    type: EventType
    time: int
    tid: int
    cpu: int
    params: tuple[bytes, ...]
    state_only: bool = False
    num: int = 0
    thread: Thread | None = field(default=None, repr=False)
    fd: Descriptor | None = field(default=None, repr=False)
    fd_old_name: bytes = b""
