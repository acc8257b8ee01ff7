"""Event blocks of a capture without secrets in command lines and environments."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

import numpy as np

from capture.redaction.errors import RedactionError
from capture.redaction.redactor import Redactor
from falcolab.sources.scap.blocks import EVENTS, EventBlock
from falcolab.system.tables import event_types

_FRAME = struct.Struct("<II")
_TYPE_WORDS = (7, 8)
"""Which word of a block has the type, without flags and with."""

_LEAST_WORDS = 9
_MOST_PARAM = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Places:
    """Which parameters of an event type are a command line, and which one an environment."""

    exe: int
    args: int
    env: int | None


@cache
def _places() -> dict[int, _Places]:
    """The event types by which today's drivers tell of a new process or program."""
    found = {}
    for type_ in event_types():
        names = [param.name for param in type_.params]
        if "exe" in names and "args" in names and "OLD_VERSION" not in type_.flags:
            env = names.index("env") if "env" in names else None
            found[type_.id] = _Places(names.index("exe"), names.index("args"), env)
    return found


class BlockRedactor:
    """Cleans event blocks before they are recorded.

    Args:
        redactor: knows what is secret.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._places = _places()
        self._is_wanted = np.zeros(2**16, np.bool_)
        self._is_wanted[list(self._places)] = True

    def blocks(self, chunk: bytes) -> bytes:
        """The same blocks, one after the other, without secrets; the same object if there are none.

        Args:
            chunk: whole blocks as today's drivers write them, their lengths multiples of four.

        Raises:
            RedactionError: a block that may hold secrets is damaged, so that nothing of it may be stored.
        """
        pieces: list[bytes] = []
        done = 0
        for at, end in self._concerned(chunk):
            block = self._block(chunk, at, end)
            if block is not None:
                pieces += (chunk[done:at], block)
                done = end
        return b"".join([*pieces, chunk[done:]]) if pieces else chunk

    def _concerned(self, chunk: bytes) -> list[tuple[int, int]]:
        """Where the blocks begin and end that may hold a command line."""
        if len(chunk) % 4:
            raise RedactionError(f"event blocks of {len(chunk):,} bytes, which is no multiple of four")
        # The type is the upper half of a word. Many blocks are passed over for every one that is looked at.
        hits = np.flatnonzero(self._is_wanted[np.frombuffer(chunk, "<u2")[1::2]]).tolist()
        words, at, found = memoryview(chunk).cast("I"), 0, []
        for hit in hits:
            at, end = _block_around(words, at, hit)
            if hit - at in _TYPE_WORDS:
                found.append((at * 4, end * 4))
        return found

    def _block(self, chunk: bytes, at: int, end: int) -> bytes | None:
        """A block without secrets; None when it has none."""
        code, _ = _FRAME.unpack_from(chunk, at)
        kind = EVENTS.get(code)
        if kind is None:
            return None
        time, tid, size, type_, *counted = kind.header.unpack_from(chunk, at + kind.begin)
        places = self._places.get(type_)
        if places is None:
            return None
        begin = at + kind.begin + kind.header.size
        count = counted[0] if counted else len(event_types()[type_].params)
        params = _params(chunk[begin : min(at + kind.begin + size, end - 4)], count)
        if params is None:
            raise _broken(at)
        if not self._clean(params, places):
            return None
        head = chunk[at + _FRAME.size : at + kind.begin]
        return _packed(code, kind, head, (time, tid, type_), params)

    def _clean(self, params: list[bytes], places: _Places) -> bool:
        """Clean the parameters in place; whether there was anything to clean."""
        if len(params) <= places.args:
            return False
        exe, args = params[places.exe].rstrip(b"\0"), params[places.args]
        cleaned = self._redactor.arguments(args, exe)
        is_changed = cleaned is not args
        params[places.args] = cleaned[:_MOST_PARAM]
        if places.env is not None and len(params) > places.env:
            env = params[places.env]
            cleaned = self._redactor.environment(env)
            is_changed |= cleaned is not env
            params[places.env] = cleaned[:_MOST_PARAM]
        return is_changed


def _block_around(words: memoryview, at: int, place: int) -> tuple[int, int]:
    """The block, from ``at`` on, that a place is in; all are counted in words."""
    last = len(words) - 1
    while at < last:
        end = at + (words[at + 1] >> 2)
        if end < at + _LEAST_WORDS:
            break
        if end > place:
            if end > len(words) or words[at + 1] % 4:
                break
            return at, end
        at = end
    raise _broken(at * 4)


def _params(content: bytes, count: int) -> list[bytes] | None:
    """The parameters behind their lengths; None when they do not fit."""
    at = 2 * count
    if at > len(content):
        return None
    params = []
    for size in struct.unpack_from(f"<{count}H", content):
        params.append(content[at : at + size])
        at += size
    return params if at <= len(content) else None


def _packed(
    code: int, kind: EventBlock, head: bytes, event: tuple[int, int, int], params: list[bytes]
) -> bytes:
    """A block of these parameters."""
    time, tid, type_ = event
    content = struct.pack(f"<{len(params)}H", *map(len, params)) + b"".join(params)
    counted = (len(params),) if kind.counted else ()
    header = kind.header.pack(time, tid, kind.header.size + len(content), type_, *counted)
    body = head + header + content
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return _FRAME.pack(code, length) + body + struct.pack("<I", length)


def _broken(at: int) -> RedactionError:
    return RedactionError(f"event blocks are damaged at byte {at:,}")
