"""The state that the row of a process depends on."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from falcolab.system.machine import Machine
from falcolab.system.thread import Thread, ThreadFlag
from falcolab.system.threads import ThreadTable

# fmt: off
OF_THREAD = (
    "tid", "pid", "ptid", "sid", "vpgid", "pgid", "vtid", "vpid", "comm", "exe", "exepath", "args", "cmdline",
    "env", "cwd", "cgroups", "container_id", "uid", "gid", "loginuid", "fdlimit", "tty", "cap_inheritable",
    "cap_permitted", "cap_effective", "exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd",
    "exe_ino", "exe_ino_ctime", "exe_ino_mtime", "exe_ino_ctime_duration_clone_ts",
    "exe_ino_ctime_duration_pidns_start", "clone_ts", "pidns_init_start_ts",
)
OF_RELATIVE = (
    "tid", "pid", "ptid", "sid", "vpgid", "pgid", "vpid", "comm", "exe", "exepath", "args", "cmdline", "env",
    "clone_ts",
)
# fmt: on
"""Attributes of a thread that its row depends on, and of those that it is related to."""

FLAGS = ThreadFlag.IS_MAIN_THREAD | ThreadFlag.CHILD_IN_PIDNS
"""The flags of a thread that its row depends on."""

GENERATIONS = 64
"""How many ancestors a row remembers for fields with a number."""


_of_thread, _of_relative = attrgetter(*OF_THREAD), attrgetter(*OF_RELATIVE)


def line_of(threads: ThreadTable, thread: Thread) -> list[Thread]:
    """The process and its ancestors, as far as they are remembered."""
    line: list[Thread] = []
    found = threads.main(thread)
    while found is not None and len(line) < GENERATIONS:
        line.append(found)
        found = threads.step_up(found)
    return line


def process_state(machine: Machine, thread: Thread) -> tuple[Any, Any]:
    """Equal as long as nothing has changed that is known of a thread, its process and its ancestors.

    The second part is what is known of the ancestors alone. Lists of arguments, variables and control
    groups are compared by identity first, which makes this cheap.
    """
    threads, users = machine.threads, machine.users
    main, line, above = threads.main(thread), line_of(threads, thread), list(threads.ancestors(thread))
    related = (threads.get(number) for number in (thread.sid, thread.vpgid, thread.pgid))
    own = (
        *(_of_thread(thread), thread.flags & FLAGS, None if main is None else _of_thread(main)),
        _states(related),
        users.user(thread.container_id, thread.uid),
        users.user(thread.container_id, thread.loginuid),
        users.group(thread.container_id, thread.gid),
    )
    parents = *line[1:], threads.get(thread.ptid)
    return own, (_states(parents), _states(above), _states(map(threads.main, above)))


def _states(threads: Iterable[Thread | None]) -> tuple[Any, ...]:
    return tuple([None if each is None else _of_relative(each) for each in threads])
