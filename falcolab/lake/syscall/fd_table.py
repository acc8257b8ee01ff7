"""What fields tell of all descriptors of a process."""

from __future__ import annotations

from collections.abc import Hashable

from falcolab.lake.syscall.referents import Fds
from falcolab.system.thread import Descriptor

_STREAMS = 3
"""Standard input, output and error."""


class FdTable:
    """The descriptors of a process, as far as fields tell of all of them: which types, and the streams.

    A file that is opened or closed beside others changes nothing of that, and is the rule.

    Attributes:
        rows: the rows for events without and with the fields of a descriptor; 0 if not known.
    """

    __slots__ = ("_count", "_fds", "_first", "rows")

    def __init__(self, fds: Fds) -> None:
        self.rows = [0, 0]
        # The table itself is kept, so that no other one gets its address.
        self._fds, self._count = fds, len(fds)
        self._first: dict[int, int] = {}
        for number, fd in fds.items():
            self._first.setdefault(fd.type, number)

    def key(self, has_fd: bool) -> Hashable:  # noqa: FBT001 - a key
        """Equal for processes with the same types of descriptors and the same names of streams."""
        found = map(self._fds.get, range(_STREAMS))
        streams = [None if fd is None else (fd.type, fd.name) for fd in found]
        return (*streams, tuple(self._first) if has_fd else None)

    def add(self, number: int, fd: Descriptor | None) -> bool:
        """Take in a descriptor that an event has put into the table; false if it changes something."""
        is_new = number >= _STREAMS and len(self._fds) == self._count + 1
        if not is_new or fd is None or fd.type not in self._first or self._fds.get(number) is not fd:
            return False
        self._count += 1
        return True

    def remove(self, number: int, fd: Descriptor) -> bool:
        """Let go of a descriptor that was closed; false if that changes something."""
        self._count -= 1
        return number >= _STREAMS and self._first.get(fd.type, number) != number
