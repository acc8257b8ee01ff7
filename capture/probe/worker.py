"""The process that compiles and loads the program, and hands it over: ``python -m capture.probe.worker``.

The compiler takes some 200 MB, which the daemon would keep for as long as it runs. So it is run in a
process of its own, which sends the descriptors of the loaded programs and tables over a socket and
ends. What it was asked for comes as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from capture.probe.calls import call_named
from capture.probe.errors import ProbeError
from capture.probe.requirements import load_bcc
from capture.probe.source import COUNT_COMPAT, STUB_HEADERS, flags, function, program

TABLES = ("events", "counts", "settings")
"""The tables that the daemon uses."""

ENDED, STARTED, ENTERED = "ended", "started", "entered"
"""The functions for threads that end, programs that start, and calls of 32-bit programs."""


def build(order: dict[str, Any]) -> dict[str, int]:
    """Compile and load: the name of a table or function -> its descriptor.

    Args:
        order: ``calls`` and ``definitions``.

    Raises:
        ProbeError: bcc cannot be loaded, or the kernel refuses the program.
    """
    os.environ["BCC_KERNEL_SOURCE"] = str(STUB_HEADERS)
    bcc = load_bcc()
    calls = [call_named(name) for name in order["calls"]]
    try:
        bpf = bcc.BPF(text=program(calls), cflags=flags(order["definitions"]))
        loaded = {name: bpf[name].map_fd for name in TABLES}
        names = _raw_functions(order)
        loaded.update((name, bpf.load_func(name, bcc.BPF.RAW_TRACEPOINT).fd) for name in names)
        names = list(dict.fromkeys(map(function, calls)))
        loaded.update((name, bpf.load_func(name, bcc.BPF.TRACEPOINT).fd) for name in names)
    except Exception as error:  # bcc raises this type for all that goes wrong
        raise ProbeError(f"the kernel refuses the probe: {error}") from None
    _keep(bpf)
    return loaded


def _raw_functions(order: dict[str, Any]) -> list[str]:
    """The functions for what is no system call: a program that starts is the end of execve."""
    has_started = not {"execve", "execveat"}.isdisjoint(order["calls"])
    counts_compat = COUNT_COMPAT in order["definitions"]
    return [ENDED, *([STARTED] if has_started else []), *([ENTERED] if counts_compat else [])]


def _keep(bpf: Any) -> None:
    """Leave the program loaded until this process has handed it over."""
    _KEPT.append(bpf)


_KEPT: list[Any] = []


def main() -> None:
    """Do what standard input asks for and answer over the socket, whose number is the argument."""
    with socket.socket(fileno=int(sys.argv[1])) as answer:
        try:
            loaded = build(json.load(sys.stdin))
        except ProbeError as error:
            answer.sendall(json.dumps({"error": str(error)}).encode())
        else:
            names, descriptors = list(loaded), list(loaded.values())
            socket.send_fds(answer, [json.dumps({"names": names}).encode()], descriptors)
    os._exit(0)  # bcc would spend time on taking apart what the daemon goes on using


if __name__ == "__main__":
    main()
