"""Event blocks that tell of containers: ``asyncevent`` of Falco's container plugin.

They go into the live stream and into the journal, so that a replay knows a container from the same
event on as the live engine did.
"""

from __future__ import annotations

import struct

from capture.containers.container import Metadata, json_text
from capture.containers.limits import MAX_JSON
from falcolab.sources.scap.blocks import EVENTS, FRAME

_CODE = 0x216
_ASYNC_EVENT = 402
_NO_THREAD = -1
_PLUGIN = struct.pack("<I", 0)  # zero: an event of the source "syscall"
_LENGTHS = struct.Struct("<3I")
_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")


def container_block(metadata: Metadata, time_ns: int) -> bytes:
    """A block that says what is known of a container from now on.

    Args:
        metadata: the object ``container``, as :meth:`Container.metadata` gives it.
        time_ns: since 1970.

    Raises:
        ValueError: the object is too long for an event.
    """
    return _block(b"container", metadata, time_ns)


def removed_block(container_id: str, time_ns: int) -> bytes:
    """A block that says that a container, known by its short id, has gone."""
    return _block(b"container_removed", {"id": container_id}, time_ns)


def _block(name: bytes, metadata: Metadata, time_ns: int) -> bytes:
    text = json_text(metadata)
    if len(text) > MAX_JSON:
        raise ValueError(f"metadata of {len(text):,} bytes, where {MAX_JSON:,} are the most")
    params = (_PLUGIN, name + b"\0", text + b"\0")
    values = _LENGTHS.pack(*map(len, params)) + b"".join(params)
    header = EVENTS[_CODE].header
    event = header.pack(time_ns, _NO_THREAD, header.size + len(values), _ASYNC_EVENT, len(params)) + values
    body = _U16.pack(0) + event
    body += bytes(-len(body) % 4)
    size = FRAME.size + len(body) + _U32.size
    return FRAME.pack(_CODE, size) + body + _U32.pack(size)
