"""Which events are those of a process and its descendants."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from falcolab.sources.scap.blocks import EVENTS, FRAME
from falcolab.system.tables import event_types
from falcolab.system.thread import ThreadFlag

_CODE = 0x216
"""Of the blocks that the probe makes."""

_KIND = EVENTS[_CODE]
_RESULT, _PID, _PARENT, _FLAGS, _INNER_TID = 0, 4, 5, 15, 18
_NAMESPACED = ThreadFlag.CHILD_IN_PIDNS | ThreadFlag.CLONE_NEWPID
_U16 = struct.Struct("<H")


class _Head(NamedTuple):
    """What stands at the beginning of an event."""

    time: int
    tid: int
    size: int
    type: int
    params: int


class Subtree:
    """The threads of a process and of those that it has started, also of those whose parent has ended.

    Args:
        root: the process.
        parent: who has started it; a sibling that it makes (``CLONE_PARENT``) counts as its child.
    """

    def __init__(self, root: int, parent: int) -> None:
        self._members = {root}
        self._parents = frozenset({parent})
        types = event_types()
        self._clones = frozenset(
            each.id for each in types if each.name in ("clone", "clone3", "fork", "vfork") and each.params
        )
        self._exit = next(
            each.id for each in types if each.name == "procexit" and "OLD_VERSION" not in each.flags
        )

    def of(self, chunk: bytes) -> bytes:
        """The blocks that are about these threads, out of whole blocks."""
        return b"".join(chunk[at:end] for at, end, head in _blocks(chunk) if self._is_about(chunk, at, head))

    def _is_about(self, chunk: bytes, at: int, head: _Head) -> bool:
        if head.type in self._clones:
            self._grow(chunk, at, head)
        is_member = head.tid in self._members
        if is_member and head.type == self._exit:
            self._members.discard(head.tid)
        return is_member

    def _grow(self, chunk: bytes, at: int, head: _Head) -> None:
        """A thread has begun: it tells its parent, which may have ended, and the caller tells it."""
        params = _Params(chunk, at, head.params)
        result = params.signed(_RESULT)
        if result == 0:
            known = self._members | self._parents
            if params.signed(_PID) in self._members or params.signed(_PARENT) in known:
                self._members.add(head.tid)
        elif result > 0 and head.tid in self._members and _is_global(params, head.tid):
            self._members.add(result)


def _is_global(params: _Params, caller: int) -> bool:
    """Whether the result is the thread's id outside of namespaces."""
    return not params.signed(_FLAGS) & _NAMESPACED and params.signed(_INNER_TID) == caller


class _Params:
    """The numbers among the parameters of an event."""

    def __init__(self, chunk: bytes, at: int, count: int) -> None:
        self._chunk = chunk
        self._lengths = at + _KIND.begin + _KIND.header.size
        self._values = self._lengths + 2 * count

    def signed(self, index: int) -> int:
        """A parameter as a number."""
        sizes = [_U16.unpack_from(self._chunk, self._lengths + 2 * each)[0] for each in range(index + 1)]
        begin = self._values + sum(sizes[:-1])
        return int.from_bytes(self._chunk[begin : begin + sizes[-1]], "little", signed=True)


def _blocks(chunk: bytes) -> Iterator[tuple[int, int, _Head]]:
    """Where blocks begin and end, with the heads of their events."""
    at = 0
    while at < len(chunk):
        _, length = FRAME.unpack_from(chunk, at)
        yield at, at + length, _Head(*_KIND.header.unpack_from(chunk, at + _KIND.begin))
        at += length
