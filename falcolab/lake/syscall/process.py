"""The row of a process."""

from __future__ import annotations

from typing import Any

from falcolab.lake import syscall_schema as schema
from falcolab.lake.syscall.dimension import MAX_KNOWN, Row, values
from falcolab.lake.syscall.process_state import line_of
from falcolab.lake.syscall.program import PROGRAM_FIELDS, Programs
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

_OWN = tuple(name for name in schema.PROCESS_FIELDS if name not in _OF_ANCESTORS | set(PROGRAM_FIELDS))
_ANCESTORS = tuple(name for name in schema.PROCESS_FIELDS if name in _OF_ANCESTORS)
_ORDER = tuple((_OWN + PROGRAM_FIELDS + _ANCESTORS).index(name) for name in schema.PROCESS_FIELDS)

_Columns = tuple[tuple[Any, ...], ...]
"""The columns ``ancestor_*``, nearest first."""


class ProcessRows:
    """Gives the rows of processes; what their ancestors say is remembered, for siblings have the same."""

    def __init__(self) -> None:
        self._own, self._ancestors, self._programs = values(_OWN), values(_ANCESTORS), Programs()
        self._known: dict[int, tuple[Row, _Columns, Row]] = {}

    def row(self, context: Context, thread: Thread | None, state: Row | None) -> Row:
        """The row of a process; the second part of its state tells its ancestors apart."""
        program, of_program = self._programs.values(context, thread)
        own = self._own(context) + program
        if thread is None:
            return (*NO_PROCESS, *_in_order(own + self._ancestors(context)))
        columns, fields = self._above(context, thread, state)
        threads = context.machine.threads
        main = threads.main(thread)
        parent = None if main is None else threads.step_up(main)
        began = None if parent is None else parent.clone_ts
        if main is not None:
            mine = _columns(threads, [main])
            columns = tuple([own + above for own, above in zip(mine, columns, strict=True)])
        return (True, *of_program, began, *columns, *_in_order(own + fields))

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


def _in_order(found: Row) -> Row:
    """Fields in the order of the schema."""
    return tuple([found[at] for at in _ORDER])


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


_TEXTS = slice(4, 10)
"""Where the texts of ancestors are in a row: by far the most of it."""


def size_of(row: Row) -> int:
    """About how many bytes a row takes as columns, where nothing is shared any more."""
    return sum([sum(map(len, texts)) for texts in row[_TEXTS] if texts is not None])
