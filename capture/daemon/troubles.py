"""What is wrong for a while: said when it begins and when it ends, counted, seen by the health check."""

from __future__ import annotations

import logging
import threading

from prometheus_client import CollectorRegistry, Counter, Gauge

_LOG = logging.getLogger(__name__)


class Troubles:
    """The troubles of one daemon, by name. Threads share it.

    A trouble that goes on is counted every time and logged once, so that a full disk does not also
    fill the log.

    Args:
        registry: where they are counted, as ``falcolab_troubles_total{what}``, and shown while they
            last, as ``falcolab_trouble{what}``.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "falcolab_troubles", "Times that something went wrong.", ("what",), registry=registry
        )
        self._now = Gauge("falcolab_trouble", "Whether something is wrong now.", ("what",), registry=registry)
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def watch(self, *names: str) -> None:
        """Show troubles that have not happened, so that their counters begin at zero."""
        for what in names:
            self._total.labels(what)
            self._now.labels(what)

    def begin(self, what: str, text: str) -> None:
        """Something has gone wrong, for the first time or again."""
        with self._lock:
            is_new = what not in self._texts
            self._texts[what] = text
        self._total.labels(what).inc()
        self._now.labels(what).set(1)
        if is_new:
            _LOG.error("%s: %s", what, text)

    def end(self, what: str) -> None:
        """It is well, again or still."""
        if what not in self._texts:
            return
        with self._lock:
            self._texts.pop(what, None)
        self._now.labels(what).set(0)
        _LOG.warning("%s: this is over", what)

    def problems(self) -> list[str]:
        """What is wrong now."""
        with self._lock:
            return [f"{what}: {text}" for what, text in sorted(self._texts.items())]
