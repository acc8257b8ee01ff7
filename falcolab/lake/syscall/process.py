"""The row of a process."""

from __future__ import annotations

from typing import Any

from falcolab.lake import syscall_schema as schema
from falcolab.lake.syscall.dimension import MAX_KNOWN, Row, values
from falcolab.lake.syscall.process_state import line_of
from falcolab.lang.strings import to_text
from falcolab.system.thread import Thread
from falcolab.system.threads import ThreadTable
from falcolab.system.values import FIELDS, Context, Part
from falcolab.system.values.process import arguments

NO_PROCESS = (False, *(None,) * (len(schema.PROCESS_COLUMNS) - 1))
"""The columns of a row that tells of no process."""

_OF_ANCESTORS = frozenset(name for name in schema.PROCESS_FIELDS if FIELDS[name].depends == Part.LINEAGE) - {
    "proc.loginshellid"
}
"""Fields that depend on nothing but ancestors; the login shell may be the process itself."""

_OWN = tuple(name for name in schema.PROCESS_FIELDS if name not in _OF_ANCESTORS)
_ANCESTORS = tuple(name for name in schema.PROCESS_FIELDS if name in _OF_ANCESTORS)
_ORDER = tuple((_OWN + _ANCESTORS).index(name) for name in schema.PROCESS_FIELDS)

_Columns = tuple[tuple[Any, ...], ...]
"""The columns ``ancestor_*``, nearest first."""


class ProcessRows:
    """Gives the rows of processes; what their ancestors say is remembered, for siblings have the same."""

    def __init__(self) -> None:
        self._own, self._ancestors = values(_OWN), values(_ANCESTORS)
        self._known: dict[int, tuple[Row, _Columns, Row]] = {}

    def row(self, context: Context, thread: Thread | None, state: Row | None) -> Row:
        """The row of a process; the second part of its state tells its ancestors apart."""
        if thread is None:
            return (*NO_PROCESS, *self._in_order(self._own(context), self._ancestors(context)))
        columns, fields = self._above(context, thread, state)
        own = _columns(context.machine.threads, line_of(context.machine.threads, thread)[:1])
        line = [above if not mine else (*mine, *above) for mine, above in zip(own, columns, strict=True)]
        return (*_own_columns(context, thread), *line, *self._in_order(self._own(context), fields))

    def _in_order(self, own: Row, ancestors: Row) -> Row:
        found = own + ancestors
        return tuple([found[at] for at in _ORDER])

    def _above(self, context: Context, thread: Thread, state: Row | None) -> tuple[_Columns, Row]:
        known = self._known.get(thread.ptid)
        if known is not None and state is not None and known[0] == state[1]:
            return known[1], known[2]
        threads = context.machine.threads
        columns, fields = _columns(threads, line_of(threads, thread)[1:]), self._ancestors(context)
        if state is not None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[thread.ptid] = state[1], columns, fields
        return columns, fields


def _own_columns(context: Context, thread: Thread) -> Row:
    """What fields with an argument need of the process itself."""
    threads = context.machine.threads
    main = threads.main(thread)
    parent = None if main is None else threads.step_up(main)
    return (
        True,
        tuple(map(to_text, thread.args)),
        tuple([to_text(b"=".join(pair)) for pair in thread.cgroups]),
        None if parent is None else parent.clone_ts,
    )


def _columns(threads: ThreadTable, line: list[Thread]) -> _Columns:
    """What fields with an argument need of a process or its ancestors."""
    return (
        tuple([to_text(each.comm) for each in line]),
        tuple([to_text(each.exe) for each in line]),
        tuple([to_text(each.exepath) for each in line]),
        tuple([to_text(each.command_line) for each in line]),
        tuple([to_text(arguments(each)) for each in line]),
        tuple([to_text(b"\0".join(threads.env(each))) for each in line]),
        tuple([each.pid for each in line]),
    )
