"""The row of a process, and the state that it depends on."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from falcolab.lake import syscall_schema as schema
from falcolab.lang.strings import to_text
from falcolab.system.machine import Machine
from falcolab.system.thread import Thread, ThreadFlag
from falcolab.system.threads import ThreadTable
from falcolab.system.values import Context
from falcolab.system.values.process import arguments

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


def process_state(machine: Machine, thread: Thread) -> tuple[Any, ...]:
    """Equal as long as nothing has changed that is known of a thread, its process and its ancestors.

    Lists of arguments, variables and control groups are compared by identity first, which makes this cheap.
    """
    threads, users = machine.threads, machine.users
    main, line, above = threads.main(thread), line_of(threads, thread), list(threads.ancestors(thread))
    related = (threads.get(number) for number in (thread.ptid, thread.sid, thread.vpgid, thread.pgid))
    return (
        *(_of_thread(thread), thread.flags & FLAGS, None if main is None else _of_thread(main)),
        *(
            tuple(map(_of_relative, line)),
            _states(above),
            _states(map(threads.main, above)),
            _states(related),
        ),
        users.user(thread.container_id, thread.uid),
        users.user(thread.container_id, thread.loginuid),
        users.group(thread.container_id, thread.gid),
    )


def _states(threads: Iterable[Thread | None]) -> tuple[Any, ...]:
    return tuple([None if each is None else _of_relative(each) for each in threads])


NO_PROCESS = (False, *(None,) * (len(schema.PROCESS_COLUMNS) - 1))
"""The columns of a row that tells of no process."""


def process_row(context: Context, thread: Thread) -> tuple[Any, ...]:
    """What fields with an argument need of the process and its ancestors."""
    threads = context.machine.threads
    line = line_of(threads, thread)
    parent = line[1] if len(line) > 1 else None
    return (
        True,
        tuple(map(to_text, thread.args)),
        tuple(to_text(b"=".join(pair)) for pair in thread.cgroups),
        None if parent is None else parent.clone_ts,
        tuple(to_text(each.comm) for each in line),
        tuple(to_text(each.exe) for each in line),
        tuple(to_text(each.exepath) for each in line),
        tuple(to_text(each.command_line) for each in line),
        tuple(to_text(arguments(each)) for each in line),
        tuple(to_text(b"\0".join(threads.env(each))) for each in line),
        tuple(each.pid for each in line),
    )
