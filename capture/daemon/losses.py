"""What the kernel could not hand over, for the journal, the lake and the metrics."""

from __future__ import annotations

from capture.probe.counters import Counts
from falcolab.lake.manifest import Losses
from falcolab.system.tables import event_types


def losses(counts: Counts) -> Losses:
    """The lost events by processor and the name of their type."""
    types = event_types()
    found: Losses = {}
    for cpu, by_type in counts.lost_by_processor().items():
        mine = found.setdefault(str(cpu), {})
        for number, count in by_type.items():
            name = types[number].name
            mine[name] = mine.get(name, 0) + count
    return found
