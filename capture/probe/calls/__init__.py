"""The system calls that the probe can record: one row of a table for each.

A call that has no event of its own in Falco's table is recorded as the event ``syscall``, which
tells just its number.
"""

from __future__ import annotations

from capture.probe.calls.call import Call
from capture.probe.calls.descriptors import DESCRIPTORS
from capture.probe.calls.files import FILES
from capture.probe.calls.processes import PROCESSES
from capture.probe.calls.sockets import SOCKETS
from falcolab.fields.event_types import SYSCALL_NAMES

__all__ = ["CALLS", "GENERIC", "Call", "call_named"]

CALLS: dict[str, Call] = {call.name: call for call in (*FILES, *DESCRIPTORS, *PROCESSES, *SOCKETS)}
"""By the name of the event, as in ``evt.type``."""

_GENERIC_EVENT = 1
_OTHER_HOOKS = {"uname": "newuname"}

GENERIC: dict[str, Call] = {
    name: Call(name, _GENERIC_EVENT, ("u16:0", "u16:ctx->nr"), hook=_OTHER_HOOKS.get(name, ""))
    for name in sorted(SYSCALL_NAMES)
}
"""The calls without an event of their own, by the name that ``evt.type`` shows."""


def call_named(name: str) -> Call:
    """The call of that name.

    Raises:
        KeyError: there is none.
    """
    return CALLS[name] if name in CALLS else GENERIC[name]
