"""The highest rate at which a daemon on one core loses nothing, and what an event costs it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench.capture_run import DaemonProcess, Load, ended

_MOST_WAITING = 0.25
"""How full the ring may be at the end of a run; a daemon that falls behind fills it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a daemon did under a load.

    Attributes:
        asked: events per second that the load was to cause.
        rate: events per second that the kernel recorded or lost, of the whole machine.
        events: how many were recorded.
        lost: how many were not.
        cpu: seconds of one core that the daemon took, of all its threads, for a million events.
        busy: the share of its core that the daemon took.
        peak: its largest resident memory, in bytes, the ring counted once.
        waiting: how full the ring was at the end.
    """

    asked: float
    rate: float
    events: int
    lost: int
    cpu: float
    busy: float
    peak: int
    waiting: float

    @property
    def is_held(self) -> bool:
        """Whether nothing was lost, and the daemon did not fall behind."""
        return self.lost == 0 and self.waiting <= _MOST_WAITING

    @property
    def is_all(self) -> bool:
        """Whether the load could not make as many calls as it was asked for."""
        return self.rate < 0.9 * self.asked


def observed(daemon: DaemonProcess, load: Load, what: str, rate: float, seconds: float) -> Run:
    """Put a daemon under a load: ``what`` is one of the load program, its ``rate`` in events a second."""
    before = daemon.ask("state")
    process = load.start(what, rate, seconds)
    peak = before["rss"]
    while process.poll() is None:
        daemon.sleep()
        peak = max(peak, daemon.ask("state")["rss"])
    after = daemon.ask("state")
    ended(process)
    events, took = after["recorded"] - before["recorded"], after["at"] - before["at"]
    lost, cpu = after["lost"] - before["lost"], after["cpu"] - before["cpu"]
    waiting = after["waiting"] / after["ring"]
    return Run(rate, (events + lost) / took, events, lost, 1e6 * cpu / events, cpu / took, peak, waiting)


def highest(daemon: DaemonProcess, load: Load, start: float, seconds: float) -> Run:
    """The run at the highest rate that is held, found to within a tenth.

    Raises:
        RuntimeError: not even a tenth of ``start`` is held.
    """
    best, rate, step = None, start, 1.5
    while step > 1.1:
        run = observed(daemon, load, "open", rate, seconds)
        daemon.drained()
        if run.is_held:
            best = run
            if run.is_all:
                break
            rate *= step
        elif best is None:
            rate /= 2
            if rate < start / 10:
                raise RuntimeError(f"events are lost at {rate:,.0f} a second")
        else:
            step **= 0.5
            rate = best.asked * step
    if best is None:
        raise RuntimeError("no rate was tried")
    return best
