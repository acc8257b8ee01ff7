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

BUNDLED = Path(__file__).parents[2] / "datasets" / "host-scenario"


def fed(path: Path, encoder: SyscallEncoder) -> Iterator[int]:
    """Puts a capture into an encoder; yields the number of rows after each event."""
    machine = Machine()
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
                yield encoder.events.rows


def encoded(path: Path) -> SyscallEncoder:
    """The rows of a capture."""
    encoder = SyscallEncoder(1)
    assert max(fed(path, encoder)) > 0
    return encoder


def live_alerts(path: Path, rules: Sequence[Rule], *, tick: int) -> Iterator[Alert]:
    """What the live engine says of a capture when it looks after every so many events."""
    matcher, encoder = SyscallMatcher(rules), SyscallEncoder(1)
    for rows in fed(path, encoder):
        if rows % tick == 0:
            yield from matcher.match(encoder)
    yield from matcher.match(encoder)
