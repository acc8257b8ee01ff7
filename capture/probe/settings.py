"""What the daemon tells the running program, in memory that both see."""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Sequence

from falcolab.errors import InputError

MAX_EXCLUDED = 8
"""Processes besides the daemon that can be left out."""

_LAYOUT = struct.Struct(f"<QII{MAX_EXCLUDED}I")


class Settings:
    """The settings of a running probe."""

    def __init__(self, map_fd: int, exclude: Sequence[int]) -> None:
        """Map them and set them.

        Args:
            map_fd: the descriptor of the kernel's array; it may be closed afterwards.
            exclude: processes that are not recorded; this one is never.

        Raises:
            InputError: there are too many.
        """
        if len(exclude) > MAX_EXCLUDED:
            raise InputError(
                f"{len(exclude)} processes are to be left out, where {MAX_EXCLUDED} are the most"
            )
        self._map = mmap.mmap(map_fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        others = [*exclude, *[0] * (MAX_EXCLUDED - len(exclude))]
        _LAYOUT.pack_into(self._map, 0, boot_time(), os.getpid(), len(exclude), *others)

    def set_clock(self) -> None:
        """Date events by the clock as it is set now."""
        struct.pack_into("<Q", self._map, 0, boot_time())

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()


def boot_time() -> int:
    """When the machine was booted, in ns since 1970, by the clock as it is set now."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
