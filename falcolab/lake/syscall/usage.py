"""What changes with every event: memory, page faults, numbers of threads and descriptors, results."""

from __future__ import annotations

from typing import Any

from falcolab.lake.syscall.traits import Traits
from falcolab.lake.syscall_schema import EVENT_FIELDS
from falcolab.system.event import Event
from falcolab.system.thread import Thread, ThreadFlag

_USAGE = (
    *("proc.fdopencount", "proc.fdusage", "proc.vmsize", "proc.vmrss", "proc.vmswap", "thread.pfmajor"),
    *("thread.pfminor", "proc.nthreads", "proc.nchilds", "thread.vmsize", "thread.vmrss", "fd.num"),
    "evt.rawres",
)
if _USAGE != EVENT_FIELDS:  # pragma: no cover - it guards against changes of the schema
    raise AssertionError(f"usage_of gives {_USAGE}, events have {EVENT_FIELDS}")


def usage_of(event: Event, thread: Thread, trait: Traits) -> tuple[Any, ...]:
    """The values of ``EVENT_FIELDS``, all at once, for every event has others."""
    group, flags = thread.group, thread.flags
    is_main = thread.tid == thread.pid or flags & ThreadFlag.IS_MAIN_THREAD
    main = thread if is_main else None if group is None else group.main
    count, limit = (0, 0) if main is None else (len(main.fds), main.fdlimit)
    alive = 0 if group is None else group.alive
    is_counted = group is not None and main is not None and not main.flags & ThreadFlag.CLOSED
    return (
        count,
        0.0 if limit <= 0 else 100.0 if count > limit else float(count * 100) / float(limit),
        thread.vmsize,
        thread.vmrss,
        thread.vmswap,
        thread.pfmajor,
        thread.pfminor,
        alive,
        alive - 1 if is_counted else alive,
        thread.vmsize if is_main else 0,
        thread.vmrss if is_main else 0,
        thread.last_fd if trait.has_fd else None,
        result_of(trait, event) if trait.has_result else None,
    )


NO_USAGE = (None,) * (len(EVENT_FIELDS) - 1)
"""That of a thread that is not known, but for the result of the call."""


def result_of(trait: Traits, event: Event) -> int | None:
    """What a system call returned, ``evt.rawres``."""
    value = event.params[0] if trait.has_result and event.params else b""
    return int.from_bytes(value, "little", signed=True) if len(value) in (4, 8) else None
