"""What a process has from the program it runs and from whom it belongs to, whatever its id is.

A child has the same as its parent until it executes something, and programs are started again and
again. So these values are found once for each state that they depend on.
"""

from __future__ import annotations

from operator import attrgetter

from falcolab.lake import syscall_schema as schema
from falcolab.lake.syscall.dimension import MAX_KNOWN, Row, values
from falcolab.lang.strings import to_text
from falcolab.system.thread import Thread
from falcolab.system.values import Context

_OF_PROGRAM = frozenset(
    {
        *("proc.exe", "proc.exepath", "proc.name", "proc.args", "proc.cmdline", "proc.cmdnargs"),
        *("proc.cmdlenargs", "proc.exeline", "proc.env", "proc.cwd", "proc.tty", "proc.is_exe_writable"),
        *("proc.is_exe_upper_layer", "proc.is_exe_lower_layer", "proc.is_exe_from_memfd", "proc.exe_ino"),
        *("proc.exe_ino.ctime", "proc.exe_ino.mtime", "thread.cap_permitted", "thread.cap_inheritable"),
        *("thread.cap_effective", "proc.fdlimit", "thread.cgroups", "user.uid", "user.loginuid", "group.gid"),
        *("user.name", "user.homedir", "user.shell", "user.loginname", "group.name"),
    }
)

PROGRAM_FIELDS = tuple(name for name in schema.PROCESS_FIELDS if name in _OF_PROGRAM)
"""The fields, in the order of the schema."""

_state = attrgetter(
    *("comm", "exe", "exepath", "cmdline", "cwd", "container_id", "uid", "gid", "loginuid", "fdlimit"),
    *("tty", "cap_inheritable", "cap_permitted", "cap_effective", "exe_writable", "exe_upper_layer"),
    *("exe_lower_layer", "exe_from_memfd", "exe_ino", "exe_ino_ctime", "exe_ino_mtime"),
)


class Programs:
    """Gives the values of ``PROGRAM_FIELDS`` and of the columns ``args`` and ``cgroups``."""

    def __init__(self) -> None:
        self._values = values(PROGRAM_FIELDS)
        self._known: dict[Row, tuple[Row, Row]] = {}

    def values(self, context: Context, thread: Thread | None) -> tuple[Row, Row]:
        """The fields, and the two columns."""
        if thread is None:
            return self._values(context), (None, None)
        key = _key(context, thread)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = self._values(context), _columns(thread)
        return known


def _key(context: Context, thread: Thread) -> Row:
    threads, users = context.machine.threads, context.machine.users
    main, container_id = threads.main(thread), thread.container_id
    return (
        _state(thread),
        None if main is thread or main is None else _state(main),
        main is None,
        tuple(thread.args),
        tuple(threads.env(thread)),
        tuple(thread.cgroups),
        users.user(container_id, thread.uid),
        users.user(container_id, thread.loginuid),
        users.group(container_id, thread.gid),
    )


def _columns(thread: Thread) -> Row:
    return (
        tuple(map(to_text, thread.args)),
        tuple([to_text(b"=".join(pair)) for pair in thread.cgroups]),
    )
