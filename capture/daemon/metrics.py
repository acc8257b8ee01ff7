"""What the daemon counts, for Prometheus; under Falco's names where they mean the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from capture.probe.counters import Counts
from falcolab.engine.alerts import Alert
from falcolab.system.tables import event_types


class DaemonMetrics:
    """Counters of one daemon.

    Args:
        registry: where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("rule_name", "priority", "source")
        self.matches = Counter(
            "falcosecurity_falco_rules_matches", "Alerts by rule.", labels, registry=registry
        )
        self.latency = Gauge(
            "falcolab_alert_latency_seconds", "From event to alert, the last one.", registry=registry
        )
        self.delivered = Counter(
            "falcolab_lake_events", "Events that are in the lake.", ("source",), registry=registry
        )
        self.damaged = Counter(
            "falcolab_journal_damaged_segments", "Segments that were not whole.", registry=registry
        )
        self.recovered = Counter(
            "falcolab_journal_recovered_segments", "Segments of a daemon that had died.", registry=registry
        )
        self.held_back = Counter(
            "falcolab_journal_full", "Times that the journal had no room for events.", registry=registry
        )
        self.unreadable = Counter(
            "falcolab_unreadable_chunks", "Chunks from the kernel that could not be read.", registry=registry
        )
        self._registry = registry

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Show a value as it is when it is asked for."""
        Gauge(name, text, registry=self._registry).set_function(value)

    def count_kernel(self, counts: Callable[[], Counts]) -> None:
        """Show what the kernel has recorded and lost."""
        self._registry.register(_KernelCollector(counts))

    def alerted(self, alert: Alert, now: int) -> None:
        """Count an alert; ``now`` in ns since 1970."""
        rule = alert.rule
        self.matches.labels(rule.name, rule.priority.label, rule.source).inc()
        self.latency.set((now - alert.time) / 1e9)


class _KernelCollector(Collector):
    """The counters of the probe, by event type and processor."""

    def __init__(self, counts: Callable[[], Counts]) -> None:
        self._counts = counts

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering does not read them."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Totals under Falco's names, and details under ours."""
        counts = self._counts()
        recorded, lost = int(counts.recorded.sum()), int(counts.lost.sum())
        yield CounterMetricFamily("falcosecurity_scap_n_evts", "Events that happened.", recorded + lost)
        yield CounterMetricFamily("falcosecurity_scap_n_drops", "Events that were lost.", lost)
        yield _by_type("falcolab_kernel_recorded", "Events recorded by the kernel.", counts.recorded)
        yield _by_type("falcolab_kernel_lost", "Events for which the ring had no room.", counts.lost)
        yield CounterMetricFamily(
            "falcolab_compat_programs", "32-bit programs that started.", counts.compat_programs
        )


def _by_type(name: str, text: str, numbers: Any) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=("type", "cpu"))
    types = event_types()
    for cpu, type_ in zip(*numbers.nonzero(), strict=True):
        kind = types[type_].name if type_ < len(types) else str(type_)
        family.add_metric([f"{kind}:{type_}", str(cpu)], float(numbers[cpu, type_]))
    return family
