"""The probe: loads the eBPF program, attaches it, and hands out its ring and counters."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from capture.probe import tracefs
from capture.probe.attach import attach_raw, attach_tracepoint
from capture.probe.btf import read_btf
from capture.probe.calls import call_named
from capture.probe.counters import Counters, Counts
from capture.probe.loader import load
from capture.probe.offsets import definitions
from capture.probe.requirements import require
from capture.probe.ring import Chunk, Ring
from capture.probe.settings import Settings
from capture.probe.source import COUNT_COMPAT, function
from capture.probe.worker import ENDED, ENTERED, STARTED

RING_SIZE = 32 * 1024 * 1024
"""Bytes: at a million small events a second, room for about a third of a second."""

_RAW_TRACEPOINTS = {ENDED: "sched_process_exit", STARTED: "sched_process_exec", ENTERED: "sys_enter"}
"""Function -> where it is attached. Ends of threads come first, so that none of a new thread is missed."""

_POSSIBLE = Path("/sys/devices/system/cpu/possible")


class Probe:
    """A probe that records into its ring from the moment it is attached.

    ::

        with Probe(plan.calls) as probe:      # loaded, and nothing is recorded yet
            probe.attach()
            snapshot = scan()
            while ...:
                chunk = probe.drain()

    Attributes:
        unavailable: calls that were asked for and that this kernel is built without.
        ring: where the records lie.
        counters: how many were recorded and lost.
    """

    def __init__(
        self,
        calls: Iterable[str],
        *,
        ring_size: int = RING_SIZE,
        exclude: Iterable[int] = (),
        count_compat: bool = False,
    ) -> None:
        """Compile the program and load it.

        Args:
            calls: the names of the calls to hook; the ends of threads are always recorded.
            ring_size: bytes of the ring, a power of two of whole pages.
            exclude: processes (ids) that are not recorded; the calling process is never.
            count_compat: also count the calls of 32-bit programs, which costs every call of the machine.

        Raises:
            ProbeError: the machine lacks something, or the kernel refuses the program.
            InputError: too many processes are to be left out.
        """
        require()
        self._points = tracefs.find()
        wanted = [call_named(name) for name in calls]
        self._calls = tuple(call for call in wanted if (self._points / call.tracepoint).is_dir())
        self.unavailable = tuple(call.name for call in wanted if call not in self._calls)
        processors = _possible_processors()
        defined = {**definitions(read_btf()), "RING_SIZE": ring_size, "CPUS": processors}
        if count_compat:
            defined[COUNT_COMPAT] = 1
        self._loaded = load([call.name for call in self._calls], defined)
        self._attached: list[int] = []
        self._settings = Settings(self._loaded["settings"], tuple(exclude))
        self.ring = Ring.of_map(self._loaded["events"], ring_size)
        self.counters = Counters(self._loaded["counts"], processors)

    def attach(self) -> None:
        """Begin to record.

        Raises:
            ProbeError: the kernel refuses one of the hooks.
        """
        for name, point in _RAW_TRACEPOINTS.items():
            if name in self._loaded:
                self._attached.append(attach_raw(point, self._loaded[name]))
        for call in self._calls:
            program = self._loaded[function(call)]
            self._attached.append(attach_tracepoint(self._points / call.tracepoint, program))

    def drain(self) -> Chunk:
        """The records that are complete, as event blocks of the capture format one after the other."""
        return self.ring.drain()

    def counts(self) -> Counts:
        """How many events were recorded and lost so far."""
        return self.counters.read()

    def set_clock(self) -> None:
        """Take the clock's time anew: after a step of it, events are dated by the new one."""
        self._settings.set_clock()

    def detach(self) -> None:
        """Record no more; what is in the ring can still be drained."""
        while self._attached:
            os.close(self._attached.pop())

    def close(self) -> None:
        """Detach and unload; what is still in the ring is lost to the reader."""
        self.detach()
        self.ring.close()
        self.counters.close()
        self._settings.close()
        while self._loaded:
            os.close(self._loaded.popitem()[1])

    def __enter__(self) -> Probe:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _possible_processors() -> int:
    """How many processors the kernel can have, so that their numbers are below it."""
    return int(_POSSIBLE.read_text().strip().split(",")[-1].split("-")[-1]) + 1
