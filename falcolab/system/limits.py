"""How much the system tables hold.

The first three are Falco's own limits, and with them its answers. The others are far from what
machines have; they guard against captures that were made to fill the memory.
"""

from __future__ import annotations

MAX_THREADS = 262144
"""Threads beyond these are not taken in."""

MAX_FDS = 4096
"""Descriptors of a thread; numbers beyond these are not taken in."""

MAX_ENTER_EVENT = 4096
"""Bytes of an enter event that is kept for its exit event."""

MAX_COPIED_FDS = 2**23
"""Descriptors that processes have from their parents, all together; the children beyond have none."""

MAX_LISTED_FDS = 2**21
"""Descriptors that a capture lists before its first event, all together."""

MAX_ACCOUNTS = 2**18
"""Users, and as many groups."""

MAX_INTERFACES = 2**14

MAX_CONTAINERS = 2**16
MAX_CONTAINER_JSON = 2**20
MAX_CONTAINERS_JSON = 2**26
"""Containers, the bytes that may tell of one, and those that may tell of all."""

MAX_CGROUPS = 4096
"""Bytes that tell the control groups of a thread; recorders cut them off there."""
