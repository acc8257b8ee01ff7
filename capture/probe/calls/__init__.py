"""The system calls that the probe can record: one row of a table for each."""

from __future__ import annotations

from capture.probe.calls.call import Call
from capture.probe.calls.descriptors import DESCRIPTORS
from capture.probe.calls.files import FILES
from capture.probe.calls.processes import PROCESSES
from capture.probe.calls.sockets import SOCKETS

__all__ = ["CALLS", "PROCESS_ENDED", "Call"]

CALLS: dict[str, Call] = {call.name: call for call in (*FILES, *DESCRIPTORS, *PROCESSES, *SOCKETS)}
"""By the name of the event, as in ``evt.type``."""

PROCESS_ENDED = 186
"""The event of a thread that ends, which is no system call and is always recorded."""
