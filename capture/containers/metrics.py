"""What the lookups of containers count, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

_PREFIX = "falcolab_containers"


class Metrics:
    """Counters of one daemon; ``source`` is a kind and a socket, as in ``cri:/run/crio/crio.sock``.

    Every container that was asked for is found, unknown, or waiting. Those that are looked at once more
    wait again.

    Args:
        registry: where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"{_PREFIX}_{name}", text, labels, registry=registry)

        self.asked = counter("asked", "Containers that were asked for.")
        self.found = counter("found", "Containers that a source told of.", "source")
        self.unknown = counter("unknown", "Containers that no source knew, at the last try.")
        self.failed = counter("failed", "Times that a source could not be asked.", "source")
        self.completed = counter("completed", "Containers of which more was found later.")
        self.dropped = counter("dropped", "Questions or answers for which there was no room.", "what")
        self.truncated = counter("truncated", "Containers with more labels or mounts than an event holds.")
        self.waiting = Gauge(f"{_PREFIX}_waiting", "Lookups that are not done yet.", registry=registry)
