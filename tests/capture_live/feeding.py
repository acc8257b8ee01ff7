"""Captures on their way through the live engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from capture.live.matcher import SyscallMatcher
from falcolab.engine.alerts import Alert
from falcolab.lake.syscall.encoder import SyscallEncoder
from falcolab.rules.ruleset import Rule
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot


def live_alerts(path: Path, rules: Sequence[Rule], *, tick: int) -> Iterator[Alert]:
    """What the live engine says of a capture when it looks after every so many events."""
    matcher, machine, encoder = SyscallMatcher(rules), Machine(), SyscallEncoder(1)
    with open_capture(path) as capture:
        for item in capture:
            if isinstance(item, Snapshot):
                machine.begin(item)
                encoder.forget()
                continue
            is_seen = machine.take(item)
            encoder.notice(item, machine)
            if is_seen:
                encoder.add(item, machine)
                if encoder.events.rows % tick == 0:
                    yield from matcher.match(encoder)
    yield from matcher.match(encoder)
