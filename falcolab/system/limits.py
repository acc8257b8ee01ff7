"""How much the system tables hold; Falco's own limits, and with them its answers."""

from __future__ import annotations

MAX_THREADS = 262144
"""Threads beyond these are not taken in."""

MAX_FDS = 4096
"""Descriptors of a thread; numbers beyond these are not taken in."""

MAX_ENTER_EVENT = 4096
"""Bytes of an enter event that is kept for its exit event."""
