"""What a field's value is computed from, and what a table entry says of a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine
    from falcolab.system.thread import Descriptor, Thread

Value = str | int | float | bytes | tuple[Any, ...] | None
"""A field's value: text that stands for bytes, a number, a truth value, a buffer or an address of
four or sixteen bytes, several values, or None for an absent field."""


class Part(Flag):
    """What a value depends on: it decides which table of the lake can hold it."""

    NONE = 0
    """Nothing: it is the same for all events."""
    EVENT = auto()
    """The event itself: number, time, type, processor, parameters, the ids of thread and descriptor."""
    PROCESS = auto()
    """The records of the thread and of its process's main thread, as far as they change rarely:
    ids, names, arguments, environment, capabilities, control groups, executable."""
    USAGE = auto()
    """What changes all the time: memory, page faults, numbers of threads and of descriptors."""
    LINEAGE = auto()
    """The records of the ancestors, beginning with the process itself."""
    DESCRIPTOR = auto()
    """What the event's descriptor points to before and after it; where a call failed, what it named."""
    TABLE = auto()
    """Other descriptors of the process, found by their numbers."""
    THREADS = auto()
    """Any other thread, found by its id: the leaders of session and process group, arguments that are ids."""
    USER = auto()
    """The tables of users and groups."""
    CONTAINER = auto()
    """What is known of the thread's container, or what the event itself tells of one."""
    NETWORK = auto()
    """The addresses of the machine's interfaces and of its containers."""


@dataclass(slots=True)
class Context:
    """An event and the state that it left behind.

    Attributes:
        event: the event.
        machine: the tables.
        thread: the event's thread; None if it is not known.
        fd: the descriptor that the event is about, or that its thread used last; None if unknown.
        resolved: for an event out of a lake, what its parameters stood for when it was recorded.
    """

    event: Event
    machine: Machine
    thread: Thread | None
    fd: Descriptor | None
    resolved: Sequence[str | None] | None = None
    _above: Sequence[Thread] | None = None

    @classmethod
    def of(cls, event: Event, machine: Machine) -> Context:
        """The context of the event that the machine has taken in last."""
        thread = event.thread or machine.threads.get(event.tid)
        fd = event.fd
        if fd is None and thread is not None:
            fd = machine.threads.descriptor(thread, thread.last_fd)
        return cls(event, machine, thread, fd)

    @property
    def main(self) -> Thread | None:
        """The main thread of the thread's process, while it is in the table."""
        return None if self.thread is None else self.machine.threads.main(self.thread)

    @property
    def ancestors(self) -> Sequence[Thread]:
        """The threads above the main thread, nearest first."""
        if self._above is None:
            thread = self.thread
            self._above = () if thread is None else tuple(self.machine.threads.ancestors(thread))
        return self._above

    @property
    def fds(self) -> Mapping[int, Descriptor]:
        """The open descriptors of the process by number."""
        return {} if self.thread is None else self.machine.threads.fds(self.thread) or {}

    @property
    def cwd(self) -> bytes:
        """The working directory, with a slash at its end."""
        return b"./" if self.thread is None else self.machine.threads.cwd(self.thread)

    def number(self, index: int) -> int | None:
        """The parameter at a position as a signed number; None if there is none."""
        params = self.event.params
        if index >= len(params) or len(params[index]) not in (1, 2, 4, 8):
            return None
        return int.from_bytes(params[index], "little", signed=True)

    def bits(self, index: int) -> int:
        """The parameter at a position as an unsigned number; 0 if there is none."""
        params = self.event.params
        return int.from_bytes(params[index][:8], "little") if index < len(params) else 0

    def position(self, name: str) -> int | None:
        """The position of the first parameter of a name, if the event has it."""
        for index, param in enumerate(self.event.type.params[: len(self.event.params)]):
            if param.name == name:
                return index
        return None


Extract = Callable[[Context, str | None], Value]
"""From the context and the text in the field's brackets to its value."""


@dataclass(frozen=True, slots=True)
class Extractor:
    """How a field gets its value.

    Attributes:
        value: what conditions compare: a single value, or what ``Field.reading`` says.
        depends: the parts of the state that the value depends on.
        shown: what is printed, where it differs from ``value``.
    """

    value: Extract
    depends: Part
    shown: Extract | None = None

    def __call__(self, context: Context, arg: str | None) -> Value:
        """What conditions compare."""
        return self.value(context, arg)

    def shown_value(self, context: Context, arg: str | None) -> Value:
        """What alerts print."""
        return self.value(context, arg) if self.shown is None else self.shown(context, arg)
