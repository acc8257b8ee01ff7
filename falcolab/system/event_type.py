"""The table of system events: which parameters each event type has, and what it does.

The facts are those of ``driver/event_table.c`` of falcosecurity/libs (0.25.4).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an event type.

    Attributes:
        name: as in ``evt.arg.NAME``.
        type: Falco's name of its type without prefix, such as ``FSPATH`` or ``FLAGS32``.
        fmt: how a number prints: ``DEC``, ``HEX``, ``OCT``, or ``NA``.
        size: in bytes; None when it varies.
        table: the table of names for its bits or values, or of variants for ``DYN``; None without.
        dirfd: for ``FSRELPATH``, the position of the parameter with the directory's descriptor.
    """

    name: str
    type: str
    fmt: str
    size: int | None = None
    table: str | None = None
    dirfd: int | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type: even ids enter a system call (or stand alone), odd ones leave it.

    Attributes:
        id: its number in capture files.
        name: as in ``evt.type``.
        category: of the system call, upper case: ``FILE``, ``IO_READ``...
        event_category: ``SYSCALL``, ``METAEVENT``, ``TRACEPOINT``, ``PLUGIN``, ``ITER`` or empty.
        flags: ``USES_FD``, ``CREATES_FD``, ``OLD_VERSION``...
        params: in the order of capture files.
    """

    id: int
    name: str
    category: str
    event_category: str
    flags: frozenset[str]
    params: tuple[Param, ...]

    @property
    def is_exit(self) -> bool:
        """Whether it tells of the end of a system call."""
        return bool(self.id & 1)
