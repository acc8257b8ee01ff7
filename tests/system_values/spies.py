"""Stand-ins for an event, a thread and the tables that note which parts of the state are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.values import Context, Part

_USAGE = frozenset({"vmsize", "vmrss", "vmswap", "pfmajor", "pfminor", "fds", "group", "is_dead"})


class Notes:
    """The parts that were asked for.

    Attributes:
        parts: all of them.
        is_typed: whether the event's type was asked for.
    """

    def __init__(self) -> None:
        self.parts = Part.NONE
        self.is_typed = False

    def add(self, part: Part) -> None:
        self.parts |= part


class _Spy:
    def __init__(self, real: Any, notes: Notes) -> None:
        self.real = real
        self.notes = notes


class ThreadSpy(_Spy):
    """A thread; ``part`` is what asking for its attributes means, None for the event's own thread."""

    def __init__(self, real: Any, notes: Notes, part: Part | None = None) -> None:
        super().__init__(real, notes)
        self.part = part

    def __getattr__(self, name: str) -> Any:
        own = Part.USAGE if name in _USAGE else (Part.EVENT if name == "last_fd" else Part.PROCESS)
        self.notes.add(own if self.part is None else self.part)
        return getattr(self.real, name)


class RecordSpy(_Spy):
    """A record all of whose attributes belong to one part."""

    def __init__(self, real: Any, notes: Notes, part: Part) -> None:
        super().__init__(real, notes)
        self.part = part

    def __getattr__(self, name: str) -> Any:
        self.notes.add(self.part)
        return getattr(self.real, name)


class EventSpy(_Spy):
    """An event; its thread's id stands for its thread."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name in ("fd", "fd_old_name"):
            self.notes.add(Part.DESCRIPTOR)
            return (
                None
                if found is None
                else RecordSpy(found, self.notes, Part.DESCRIPTOR)
                if name == "fd"
                else found
            )
        if name == "type":
            self.notes.is_typed = True
        elif name != "tid":
            self.notes.add(Part.EVENT)
        return found


class TableSpy(_Spy, Mapping[int, Any]):
    """A table of descriptors."""

    def __getitem__(self, number: int) -> Any:
        self.notes.add(Part.TABLE)
        return self.real[number]

    def __iter__(self) -> Iterator[int]:
        self.notes.add(Part.TABLE)
        return iter(self.real)

    def __len__(self) -> int:
        self.notes.add(Part.TABLE)
        return len(self.real)


def _real(thread: Any) -> Any:
    return thread.real if isinstance(thread, ThreadSpy) else thread


class ThreadsSpy(_Spy):
    """The table of threads."""

    def __init__(self, real: Any, notes: Notes, tid: int) -> None:
        super().__init__(real, notes)
        self.tid = tid
        self.by_id = real.by_id

    def _own(self, thread: Any) -> ThreadSpy | None:
        return None if thread is None else ThreadSpy(thread, self.notes)

    def _other(self, thread: Any, part: Part) -> ThreadSpy | None:
        self.notes.add(part)
        return None if thread is None else ThreadSpy(thread, self.notes, part)

    def get(self, tid: int) -> ThreadSpy | None:
        found, own = self.real.get(tid), self.real.get(self.tid)
        if tid == self.tid or found is None:
            return self._own(found)
        is_above = own is not None and (tid == own.ptid or found in self.real.ancestors(own))
        return self._other(found, Part.LINEAGE if is_above else Part.THREADS)

    def main(self, thread: Any) -> ThreadSpy | None:
        found = self.real.main(_real(thread))
        return ThreadSpy(found, self.notes, thread.part) if found is not None else None

    def fds(self, thread: Any) -> TableSpy:
        return TableSpy(self.real.fds(_real(thread)) or {}, self.notes)

    def descriptor(self, thread: Any, number: int) -> Any:
        return self.fds(thread).get(number)

    def cwd(self, thread: Any) -> bytes:
        self.notes.add(Part.PROCESS)
        return cast("bytes", self.real.cwd(_real(thread)))

    def env(self, thread: Any) -> list[bytes]:
        self.notes.add(thread.part or Part.PROCESS)
        return cast("list[bytes]", self.real.env(_real(thread)))

    def ancestor(self, thread: Any, generation: int) -> ThreadSpy | None:
        found = self.real.ancestor(_real(thread), generation)
        return self._own(found) if generation == 0 else self._other(found, Part.LINEAGE)

    def ancestors(self, thread: Any) -> Iterator[ThreadSpy]:
        self.notes.add(Part.LINEAGE)
        for each in self.real.ancestors(_real(thread)):
            yield ThreadSpy(each, self.notes, Part.LINEAGE)


class MachineSpy(_Spy):
    """The tables."""

    def __init__(self, real: Machine, notes: Notes, tid: int) -> None:
        super().__init__(real, notes)
        self.threads = ThreadsSpy(real.threads, notes, tid)

    @property
    def users(self) -> Any:
        self.notes.add(Part.USER)
        return self.real.users

    @property
    def network(self) -> Any:
        self.notes.add(Part.NETWORK)
        return self.real.network

    @property
    def containers(self) -> Any:
        self.notes.add(Part.CONTAINER)
        return self.real.containers

    @property
    def first_time(self) -> int:
        self.notes.add(Part.EVENT)
        return cast("int", self.real.first_time)


def spied(event: Event, machine: Machine, notes: Notes) -> Context:
    """A context that behaves as that of the event and notes what is asked of it."""
    real = Context.of(event, machine)
    thread = None if real.thread is None else ThreadSpy(real.thread, notes)
    fd = None if real.fd is None else RecordSpy(real.fd, notes, Part.DESCRIPTOR)
    spies: Any = EventSpy(event, notes), MachineSpy(machine, notes, event.tid), thread, fd
    return Context(*spies)
