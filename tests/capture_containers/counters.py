"""Metrics of lookups, and what they stand at."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from capture.containers import Metrics


class Counted:
    """Metrics with a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.metrics = Metrics(self._registry)

    def of(self, name: str, **labels: str) -> float:
        """A counter, with these labels or of all of them together."""
        samples = [
            sample
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name in (f"falcolab_containers_{name}_total", f"falcolab_containers_{name}")
        ]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())
