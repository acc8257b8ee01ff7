"""Which rows are known to be right as long as no event changes what they depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from falcolab.lake.syscall.dimension import Row
from falcolab.lake.syscall.fd_table import FdTable
from falcolab.lake.syscall.keys import is_kept
from falcolab.lake.syscall.traits import Traits
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.thread import Descriptor, Thread

ProcessState = Callable[[Machine, Thread], Row]
"""Gives values that are equal as long as the row of the thread stays right."""

_MAX_PROCESSES = 16_384
"""How many threads are remembered; then remembering begins anew, so that memory stays bounded."""


@dataclass(slots=True)
class ProcessRow:
    """The row of a thread.

    Attributes:
        row: its key.
        state: in which state of the thread it is right.
        epoch: when that was looked at last.
    """

    row: int
    state: Row
    epoch: int


class States:
    """What is known of threads and of their descriptors.

    Args:
        fd_table: what keeps the rows of a table of descriptors.
        process_state: what tells the states of a process apart.

    Attributes:
        epoch: changes with every event after which any process may be another.
        tables: what is known of each table of descriptors, by its address.
        has_other_containers: whether the last event that was noticed concerns containers.
    """

    def __init__(self, fd_table: type[FdTable], process_state: ProcessState) -> None:
        self.epoch = 0
        self.processes: dict[Thread, ProcessRow] = {}
        self.tables: dict[int, FdTable] = {}
        self.has_other_containers = False
        self.fd_table = fd_table
        self._process_state = process_state
        self._sizes = 0, 0
        self._is_pending = False
        self._exited: Thread | None = None
        self._closed: tuple[int, Descriptor, int] | None = None

    def differs_from(self, machine: Machine) -> bool:
        """Whether something has changed, or will, that the type of the last event does not tell."""
        return self._is_pending or self._sizes != (len(machine.threads.by_id), len(machine.containers))

    def notice(self, trait: Traits, event: Event, machine: Machine) -> None:
        """Note what an event has changed."""
        self._forget_closed()
        if trait.changes_descriptors:
            self._notice_descriptors(trait, event, machine)
        before, self._sizes = self._sizes, (len(machine.threads.by_id), len(machine.containers))
        if trait.changes_processes or before[0] != self._sizes[0] or self._exited is not None:
            self._notice_processes(trait, event)
        self.has_other_containers = trait.tells or before[1] != self._sizes[1]
        # A descriptor that is closed goes when the next event comes, and so does a thread that exits.
        self._is_pending = self._closed is not None or self._exited is not None

    def settle(self, machine: Machine, time: int) -> bool:
        """Let what goes before the next event go, and note it; false if something else has changed, too.

        Args:
            machine: the tables.
            time: of the next event, ns.
        """
        exits = self._exited is not None
        before = len(machine.threads.by_id)
        machine.settle(time)
        self._forget_closed()
        if exits:
            self._forget_exited()
            self._sizes = self._sizes[0] + len(machine.threads.by_id) - before, self._sizes[1]
        self._is_pending = False
        return not self.differs_from(machine)

    def close_later(self, fds: dict[int, Descriptor], fd: Descriptor, number: int) -> None:
        """Note that a descriptor goes when the next event comes."""
        self._closed, self._is_pending = (id(fds), fd, number), True

    def _forget_closed(self) -> None:
        if self._closed is None:
            return
        address, fd, number = self._closed
        self._closed = None
        table = self.tables.get(address)
        if table is not None and not table.remove(number, fd):
            del self.tables[address]

    def _notice_descriptors(self, trait: Traits, event: Event, machine: Machine) -> None:
        thread = event.thread
        if thread is None or is_kept(trait, event):
            return
        address = id(machine.threads.fds(thread))
        if trait.closes and event.fd is not None:
            self._closed = address, event.fd, thread.last_fd
            return
        table = self.tables.get(address)
        if table is not None and not (trait.makes_one and table.add(thread.last_fd, event.fd)):
            del self.tables[address]

    def _notice_processes(self, trait: Traits, event: Event) -> None:
        self._forget_exited()
        self._exited = event.thread if trait.exits else None

    def _forget_exited(self) -> None:
        """Every process may be another now, for it may have lost a relative."""
        self.epoch += 1
        self.tables.clear()
        if self._exited is not None:
            self.processes.pop(self._exited, None)
            self._exited = None

    def process(self, machine: Machine, thread: Thread) -> tuple[int | None, Row]:
        """The row of a thread, None unless it is still right; and the state that it depends on."""
        known, state = self.processes.get(thread), self._process_state(machine, thread)
        if known is None or known.state != state:
            return None, state
        known.epoch = self.epoch
        return known.row, state

    def remember_process(self, thread: Thread, row: int, state: Row) -> int:
        """Know the row of a thread in a state."""
        if len(self.processes) >= _MAX_PROCESSES:
            self.processes.clear()
        self.processes[thread] = ProcessRow(row, state, self.epoch)
        return row
