"""The daemon in a process of its own that answers questions: ``python -m tests.bench.capture_served CONFIG``.

Each line on standard input is a command, each line on standard output its answer, a JSON object.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from prometheus_client import CollectorRegistry

from capture.daemon.config import read_config
from capture.daemon.daemon import Daemon
from capture.daemon.outputs import Output, OutputMetrics
from capture.daemon.syscalls import SyscallSource
from falcolab.system.tables import event_types
from tests.bench.capture_sizes import sizes

_LATENCIES = 100_000
_JUDGED_SECONDS = 1.0
_PAGE = resource.getpagesize()


class Clocked:
    """Where alerts go: notes how old they are when they arrive."""

    name = "clocked"

    def __init__(self) -> None:
        self.ages: list[float] = []

    def send(self, line: bytes, /) -> None:
        """Note the age of an alert, in seconds; of the first ones only, so that memory stays bounded."""
        now = time.time_ns()
        if len(self.ages) < _LATENCIES:
            self.ages.append((now - json.loads(line)["output_fields"]["evt.time"]) / 1e9)

    def close(self) -> None:
        """Nothing is open."""


class Served:
    """A running daemon and what is asked of it.

    Args:
        config: its configuration.
    """

    def __init__(self, config: Path) -> None:
        self._daemon = Daemon(read_config(config))
        self._clocked = Clocked()
        metrics = OutputMetrics(CollectorRegistry())
        self._daemon._outputs.append(Output(self._clocked, metrics, self._daemon.troubles))
        syscalls = self._daemon._syscalls
        assert syscalls is not None
        self._syscalls: SyscallSource = syscalls
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._daemon.run, args=(self._stop,))
        self._commands: dict[str, Callable[[], dict[str, Any]]] = {
            "state": self.state,
            "sizes": lambda: sizes(self._daemon),
            "detach": self._detach,
            "attach": self._attach,
            "ages": self._ages,
            "judged": self._judged,
            "counts": self._counts,
            "stop": self._end,
        }

    def run(self) -> None:
        """Answer until told to stop."""
        self._thread.start()
        try:
            self._say({})
            for line in sys.stdin:
                self._say(self._commands[line.strip()]())
        finally:
            self._stop.set()

    def _say(self, answer: dict[str, Any]) -> None:
        print(json.dumps(answer), flush=True)

    def state(self) -> dict[str, Any]:
        """Recorded, lost, what is waiting, CPU seconds and memory."""
        counts = self._syscalls.counts()
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "at": time.monotonic(),
            "recorded": int(counts.recorded.sum()),
            "lost": int(counts.lost.sum()),
            "waiting": self._syscalls.probe.ring.used,
            "ring": self._syscalls.probe.ring.size,
            "cpu": used.ru_utime + used.ru_stime,
            "rss": _resident() - self._syscalls.probe.ring.size,  # its data is mapped twice
            "arrow": pa.total_allocated_bytes(),
            "rows": self._syscalls.recording.rows,
        }

    def _counts(self) -> dict[str, Any]:
        """Recorded and lost by the name of the type, in both directions together."""
        types = event_types()
        found: dict[str, tuple[int, int]] = {}
        for number, (recorded, lost) in self._syscalls.counts().by_type().items():
            name = types[number].name
            before = found.get(name, (0, 0))
            found[name] = (before[0] + recorded, before[1] + lost)
        return found

    def _detach(self) -> dict[str, Any]:
        self._syscalls.probe.detach()
        return {}

    def _attach(self) -> dict[str, Any]:
        self._syscalls.probe.attach()
        return {}

    def _ages(self) -> dict[str, Any]:
        """The ages of the alerts since this was asked last."""
        ages, self._clocked.ages = self._clocked.ages, []
        return {"ages": ages}

    def _judged(self) -> dict[str, Any]:
        """Answers when what has been taken in is judged, and the alerts are out."""
        time.sleep(_JUDGED_SECONDS)
        return {}

    def _end(self) -> dict[str, Any]:
        """Stop; answers when everything is in the lake."""
        self._syscalls.probe.detach()
        self._stop.set()
        self._thread.join()
        return {}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Served(Path(sys.argv[1])).run()
