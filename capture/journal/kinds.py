"""The kinds of frames in the daemon's journal; the journal itself takes any number from 1 to 255.

A number that has been given away is never used for anything else: segments of an older
daemon may still wait to be delivered.
"""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What the payload of a frame is."""

    SYSCALL_EVENTS = 1
    """Event blocks of a capture (``.scap``), one after the other, secrets removed."""

    SNAPSHOT = 2
    """The state of the machine, from which the events after it go on."""

    CONTAINERS = 3
    """Metadata of containers that have become known."""

    AUDIT_EVENTS = 4
    """Kubernetes audit events: JSON lines or an ``EventList``, secrets removed."""

    POSITIONS = 5
    """How far log files have been read; in one group with the events up to there."""

    LOSS = 6
    """How many events of which type the kernel could not hand over."""

    AUDIT_IDENTITIES = 7
    """What audit events are known by when they come again: of those before a segment at its beginning,
    of its own in one group with them."""
