"""The file system in which the kernel lists its tracepoints."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from capture.probe.errors import ProbeError

PLACES = (Path("/sys/kernel/debug/tracing"), Path("/sys/kernel/tracing"))
"""Where bcc looks, in its order."""

_SYSCALLS = "events/syscalls"


def find() -> Path:
    """Its folder with the tracepoints of system calls; it is mounted at the usual place if it is not yet.

    Raises:
        ProbeError: it cannot be mounted, or the kernel has no tracepoints of system calls.
    """
    for place in PLACES:
        if (place / "events").is_dir():
            return _with_syscalls(place)
    _mount(PLACES[-1])
    return _with_syscalls(PLACES[-1])


def _with_syscalls(place: Path) -> Path:
    if not (place / _SYSCALLS).is_dir():
        raise ProbeError(
            f"{place / _SYSCALLS} is missing: the probe needs a kernel built with CONFIG_FTRACE_SYSCALLS=y,"
            " as the distributions build theirs"
        )
    return place / _SYSCALLS


def _mount(place: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tracefs", str(place).encode(), b"tracefs", 0, None) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise ProbeError(
            f"tracefs is not mounted and cannot be mounted at {place} ({reason}): run"
            f" `mount -t tracefs tracefs {place}` on the host"
        )
