"""The probe: loads the eBPF program, attaches it, and hands out its ring and counters."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from capture.probe import tracefs
from capture.probe.btf import read_btf
from capture.probe.calls import CALLS, Call
from capture.probe.counters import Counters, Counts
from capture.probe.errors import ProbeError
from capture.probe.offsets import definitions
from capture.probe.requirements import load_bcc, require
from capture.probe.ring import Chunk, Ring
from capture.probe.source import STUB_HEADERS, flags, function, program

RING_SIZE = 32 * 1024 * 1024
"""Bytes: at a million small events a second, room for about a quarter of a second."""

MAX_EXCLUDED = 1024
_PAGE = 4096


class Probe:
    """A probe that records into its ring from the moment it is attached.

    ::

        with Probe(plan.calls) as probe:      # loaded, and nothing is recorded yet
            probe.attach()
            while ...:
                chunk = probe.drain()
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
            calls: the names of the calls to hook, of ``CALLS``; the ends of threads are always recorded.
            ring_size: bytes of the ring, a power of two of whole pages.
            exclude: processes (ids) that are not recorded; the calling process is never.
            count_compat: also count the calls of 32-bit programs, which costs every call of the machine.

        Raises:
            ProbeError: the machine lacks something, or the kernel refuses the program.
        """
        require()
        tracefs.find()
        self._calls = tuple(CALLS[name] for name in calls)
        self._count_compat = count_compat
        self._processors = _possible_processors()
        self._bpf = self._load(ring_size)
        self._set_settings(tuple(exclude))
        self.ring = Ring.of_map(self._bpf["events"].map_fd, ring_size)
        self.counters = Counters(self._bpf["counts"].map_fd, self._processors)

    def _load(self, ring_size: int) -> Any:
        os.environ["BCC_KERNEL_SOURCE"] = str(STUB_HEADERS)
        bcc = load_bcc()
        defined = {
            **definitions(read_btf()),
            "RING_PAGES": ring_size // _PAGE,
            "CPUS": self._processors,
            **({"COUNT_COMPAT": 1} if self._count_compat else {}),
        }
        try:
            return bcc.BPF(text=program(self._calls), cflags=flags(defined))
        except Exception as error:  # bcc raises this type for all that goes wrong
            raise ProbeError(f"the probe cannot be compiled and loaded: {error}") from None

    def _set_settings(self, exclude: tuple[int, ...]) -> None:
        settings = self._bpf["settings"]
        leaf = settings.Leaf(epoch(), os.getpid(), len(exclude))
        for tgid in exclude:
            self._bpf["excluded"][settings.Key(tgid)] = self._bpf["excluded"].Leaf(1)
        settings[settings.Key(0)] = leaf

    def attach(self) -> None:
        """Begin to record. Threads' ends come first, calls last, so that none of a new thread is missed.

        Raises:
            ProbeError: the kernel refuses one of the hooks.
        """
        try:
            self._bpf.attach_raw_tracepoint(tp="sched_process_exit", fn_name="ended")
            if any(call.name in ("execve", "execveat") for call in self._calls):
                self._bpf.attach_raw_tracepoint(tp="sched_process_exec", fn_name="started")
            if self._count_compat:
                self._bpf.attach_raw_tracepoint(tp="sys_enter", fn_name="entered")
            for call in self._calls:
                self._attach(call)
        except Exception as error:  # bcc raises this type for all that goes wrong
            raise ProbeError(f"the probe cannot be attached: {error}") from None

    def _attach(self, call: Call) -> None:
        self._bpf.attach_tracepoint(tp=f"syscalls:{call.tracepoint}", fn_name=function(call))

    def drain(self) -> Chunk:
        """The records that are complete, as event blocks of the capture format one after the other."""
        return self.ring.drain()

    def counts(self) -> Counts:
        """How many events were recorded and lost so far."""
        return self.counters.read()

    def compat(self) -> tuple[int, int]:
        """How many 32-bit programs were started, and how many calls were made by such (if counted)."""
        table = self._bpf["compat"]
        programs, calls = (sum(table[table.Key(slot)]) for slot in range(2))
        return programs, calls

    def set_clock(self) -> None:
        """Take the clock's time anew: after a step of it, events are dated by the new one."""
        settings = self._bpf["settings"]
        leaf = settings[settings.Key(0)]
        leaf.epoch = epoch()
        settings[settings.Key(0)] = leaf

    def close(self) -> None:
        """Detach and unload; what is still in the ring is lost to the reader."""
        self.ring.close()
        self.counters.close()
        self._bpf.cleanup()

    def __enter__(self) -> Probe:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def epoch() -> int:
    """When the machine was booted, in ns since 1970, by the clock as it is set now."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def _possible_processors() -> int:
    """How many processors the kernel can have, so that their numbers are below it."""
    with open("/sys/devices/system/cpu/possible") as file:
        return int(file.read().strip().split(",")[-1].split("-")[-1]) + 1
