"""Alerts on their way out: every target has a queue and a thread, so that a slow one delays nobody."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter

from capture.daemon.settings import Outputs
from capture.daemon.targets import FileTarget, HttpTarget, StdoutTarget, Target, TargetError
from capture.daemon.troubles import Troubles

WAITING = 10_000
"""Alerts that may wait for a target; more are dropped, and counted."""

CLOSE_SECONDS = 5.0
"""How long a target may take for what is waiting at the end."""


class OutputMetrics:
    """What becomes of alerts, by target.

    Args:
        registry: where it is shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str) -> Counter:
            return Counter(f"falcolab_outputs_{name}", text, ("output",), registry=registry)

        self.sent = counter("sent", "Alerts that were sent.")
        self.failed = counter("failed", "Alerts that the target did not take.")
        self.dropped = counter("dropped", "Alerts that found no room in the queue, or no time at the end.")


class Output:
    """A target with its queue.

    Args:
        target: where alerts go.
        metrics: counts them.
        troubles: told when the target fails.
        waiting: how many alerts the queue holds.
    """

    def __init__(
        self, target: Target, metrics: OutputMetrics, troubles: Troubles, waiting: int = WAITING
    ) -> None:
        self._target, self._troubles = target, troubles
        self._what = f"output_{target.name}"
        troubles.watch(self._what)
        self._sent, self._failed, self._dropped = (
            each.labels(target.name) for each in (metrics.sent, metrics.failed, metrics.dropped)
        )
        self._lines: queue.Queue[bytes] = queue.Queue(waiting)
        self._last: float | None = None
        self._thread = threading.Thread(target=self._run, name=self._what, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Have an alert sent; it never waits."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped.inc()
            self._troubles.begin(self._what, "alerts are dropped, for too many are waiting to be sent")

    def _run(self) -> None:
        while self._last is None or (time.monotonic() < self._last and not self._lines.empty()):
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                continue
            self._send(line)

    def _send(self, line: bytes) -> None:
        try:
            self._target.send(line)
        except TargetError as error:
            self._failed.inc()
            self._troubles.begin(self._what, f"an alert could not be sent: {error}")
        else:
            self._sent.inc()
            self._troubles.end(self._what)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what is waiting, as far as there is time for it, and end."""
        self._last = time.monotonic() + seconds
        if self._thread.is_alive():
            self._thread.join(2 * seconds)
        left = self._lines.qsize()
        self._dropped.inc(left)
        if left:
            self._troubles.begin(self._what, f"{left} alerts were not sent before the end")
        if not self._thread.is_alive():
            self._target.close()


def open_outputs(settings: Outputs, registry: CollectorRegistry, troubles: Troubles) -> list[Output]:
    """The outputs of a configuration.

    Raises:
        InputError: the file cannot be written, or the URL is none.
    """
    metrics = OutputMetrics(registry)
    return [Output(target, metrics, troubles) for target in targets(settings)]


def targets(settings: Outputs) -> Iterable[Target]:
    """The targets of a configuration.

    Raises:
        InputError: the file cannot be written, or the URL is none.
    """
    if settings.stdout:
        yield StdoutTarget()
    if settings.file is not None:
        yield FileTarget(settings.file)
    if settings.http is not None:
        yield HttpTarget(settings.http)


def send(outputs: Sequence[Output], alert: dict[str, object]) -> None:
    """Have an alert sent everywhere, as Falco and a replay write it."""
    line = json.dumps(alert, ensure_ascii=False, separators=(",", ":")).encode()
    for output in outputs:
        output.put(line)
