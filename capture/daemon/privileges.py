"""What the daemon may do: everything until the probe is loaded, nothing more than its user afterwards."""

from __future__ import annotations

import ctypes
import os
import struct

_VERSION_3 = 0x20080522
_NO_NEW_PRIVS = 38


def give_up() -> None:
    """Give up all capabilities of this thread, and of the threads and processes that it will start.

    Files are then opened by their owner's rights only. It is the thread that has capabilities: call
    this before there are others.

    Raises:
        OSError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("<Ii", _VERSION_3, 0)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.capset(header, bytes(24)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
