"""A daemon under the churn of processes and files, looked at again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.capture_run import DaemonProcess, Load, running
from tests.soak.growth import Sample

_SAMPLES = 120
_LOADS: tuple[tuple[str, int], ...] = (("churn", 100), ("open", 10_000), ("alert", 5), ("fork", 50))
"""At once, all the time: programs with files of their own, opens, alerts, processes."""

_ROTATION = {"seconds": 10}
"""Often, so that what is kept from one part to the next shows."""


def soak(
    folder: Path, rules: Sequence[Path], seconds: float, told: Callable[[Sample], None] = lambda _: None
) -> list[Sample]:
    """Samples of a daemon that works for so long; ``told`` is told of each."""
    load = Load.compiled(folder)
    samples = []
    with running(folder / "daemon", rules, rotation=_ROTATION) as daemon, _churn(load, seconds):
        begin = time.monotonic()
        while (at := time.monotonic() - begin) < seconds:
            sample = _sample(daemon, at)
            samples.append(sample)
            told(sample)
            time.sleep(seconds / _SAMPLES)
    return samples


@contextmanager
def _churn(load: Load, seconds: float) -> Iterator[None]:
    """Loads that run for so long."""
    processes = [load.start(*each, seconds) for each in _LOADS]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.communicate()


def _sample(daemon: DaemonProcess, at: float) -> Sample:
    state = daemon.ask("state")
    return Sample(at, state["rss"], state["recorded"], state["lost"], daemon.ask("sizes"))
