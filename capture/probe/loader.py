"""Has the program compiled and loaded by a process of its own, and takes it over."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from capture.probe.errors import ProbeError

_MAX_ANSWER = 1 << 16
_MAX_DESCRIPTORS = 253
"""The most that one message over a socket can carry; the probe has about half as many functions."""

_TIMEOUT = 300.0


def load(calls: Sequence[str], definitions: Mapping[str, int]) -> dict[str, int]:
    """Compile and load the program: the name of a table or function -> its descriptor, which is ours.

    Raises:
        ProbeError: it cannot be compiled, or the kernel refuses it.
    """
    order = {"calls": list(calls), "definitions": dict(definitions)}
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            worker = _start(theirs)
        try:
            _, messages = worker.communicate(json.dumps(order).encode(), _TIMEOUT)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
            raise ProbeError(f"the probe was not compiled within {_TIMEOUT:.0f} seconds") from None
        return _received(ours, messages)


def _start(answer: socket.socket) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "capture.probe.worker", str(answer.fileno())]
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(  # noqa: S603 - this program itself
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[answer.fileno()],
        env={**os.environ, "PYTHONPATH": paths},
    )


def _received(ours: socket.socket, messages: bytes) -> dict[str, int]:
    ours.settimeout(0)
    data, descriptors, _, _ = socket.recv_fds(ours, _MAX_ANSWER, _MAX_DESCRIPTORS)
    answer: dict[str, Any] = json.loads(data) if data else {}
    if len(answer.get("names", ())) == len(descriptors) > 0:
        return dict(zip(answer["names"], descriptors, strict=True))
    for descriptor in descriptors:
        os.close(descriptor)
    raise ProbeError(_reason(answer, messages))


def _reason(answer: Mapping[str, Any], messages: bytes) -> str:
    """What went wrong, in one line: what the worker says, and the last that the compiler said."""
    lines = [line.strip() for line in messages.decode(errors="replace").splitlines() if line.strip()]
    reason = str(answer.get("error", "the process that compiles the probe ended without an answer"))
    return f"{reason} ({lines[-1]})" if lines else reason
