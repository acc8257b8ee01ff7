"""Attaching of loaded functions to tracepoints, by the system calls themselves.

See perf_event_open(2) and bpf(2). What is attached stays so until its descriptor is closed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from pathlib import Path

from capture.probe.errors import ProbeError

_SYS_BPF, _SYS_PERF_EVENT_OPEN = 321, 298
_RAW_TRACEPOINT_OPEN = 17
_PERF_TYPE_TRACEPOINT = 2
_PERF_SAMPLE_RAW = 1 << 10
_PERF_FLAG_FD_CLOEXEC = 8
_SET_BPF, _ENABLE = 0x40042408, 0x2400
_PERF_ATTRIBUTES = struct.Struct("<IIQQQ")
_PERF_SIZE = 112
_ALL, _FIRST_CPU, _NO_GROUP = -1, 0, -1


def attach_tracepoint(folder: Path, program: int) -> int:
    """Have a function run at a tracepoint on every processor.

    Args:
        folder: of the tracepoint, in tracefs.
        program: the descriptor of the function.

    Raises:
        ProbeError: the kernel refuses.
    """
    number = int((folder / "id").read_text())
    head = _PERF_ATTRIBUTES.pack(_PERF_TYPE_TRACEPOINT, _PERF_SIZE, number, 1, _PERF_SAMPLE_RAW)
    attributes = ctypes.create_string_buffer(head, _PERF_SIZE)
    event = _call(
        folder.name, _SYS_PERF_EVENT_OPEN, attributes, _ALL, _FIRST_CPU, _NO_GROUP, _PERF_FLAG_FD_CLOEXEC
    )
    try:
        fcntl.ioctl(event, _SET_BPF, program)
        fcntl.ioctl(event, _ENABLE, 0)
    except OSError as error:
        os.close(event)
        raise _refusal(folder.name, error.errno or 0) from None
    return event


def attach_raw(name: str, program: int) -> int:
    """Have a function run at a raw tracepoint.

    Raises:
        ProbeError: the kernel refuses.
    """
    text = ctypes.create_string_buffer(name.encode())
    attributes = ctypes.create_string_buffer(struct.pack("<QI", ctypes.addressof(text), program), 16)
    return _call(name, _SYS_BPF, _RAW_TRACEPOINT_OPEN, attributes, 16)


def _call(name: str, number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise _refusal(name, ctypes.get_errno())
    return int(result)


def _refusal(name: str, number: int) -> ProbeError:
    return ProbeError(
        f"the probe cannot be attached to {name} ({os.strerror(number)}): it needs root, or CAP_BPF and"
        " CAP_PERFMON"
    )
