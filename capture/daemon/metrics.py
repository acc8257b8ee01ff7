"""What the daemon counts, for Prometheus; under Falco's names where they mean the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from capture.journal import Delivered
from capture.probe.counters import Counts
from falcolab.engine.alerts import Alert
from falcolab.system.tables import event_types

_LATENCIES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class DaemonMetrics:
    """Counters of one daemon.

    Args:
        registry: where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self._registry = registry
        self._matches = counter(
            "falcosecurity_falco_rules_matches", "Alerts by rule.", "rule_name", "priority", "source"
        )
        self._latency = Histogram(
            "falcolab_alert_latency_seconds", "From event to alert.", buckets=_LATENCIES, registry=registry
        )
        self._delivered = counter("falcolab_lake_events", "Events that went into the lake.", "source")
        self._damaged = counter("falcolab_journal_damaged", "Segments of the journal that were not whole.")
        self.recovered = counter("falcolab_journal_recovered", "Segments of a daemon that had died.")
        self.clock_steps = counter("falcolab_clock_steps", "Times that somebody has set the clock.")

    def show(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Show a value as it is when it is asked for."""
        Gauge(name, text, registry=self._registry).set_function(value)

    def count_kernel(self, counts: Callable[[], Counts]) -> None:
        """Show what the kernel has recorded and lost."""
        self._registry.register(_KernelCollector(counts))

    def alerted(self, alert: Alert, now: int) -> None:
        """Count an alert; ``now`` in ns since 1970."""
        rule = alert.rule
        self._matches.labels(rule.name, rule.priority.label, rule.source).inc()
        self._latency.observe(max(0, now - alert.time) / 1e9)

    def delivered(self, delivered: Delivered) -> None:
        """Count what went into the lake."""
        for source, events in delivered.events.items():
            self._delivered.labels(source).inc(events)
        if delivered.damage:
            self._damaged.inc()


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
    family = CounterMetricFamily(name, text, labels=("type", "number", "cpu"))
    types = event_types()
    for cpu, type_ in zip(*numbers.nonzero(), strict=True):
        kind = types[type_].name if type_ < len(types) else "unknown"
        family.add_metric([kind, str(type_), str(cpu)], float(numbers[cpu, type_]))
    return family
