"""The source of system calls: probe, state, recording, and what is asked about containers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from capture.containers.lookups import Lookups
from capture.daemon.config import Syscalls
from capture.daemon.losses import losses
from capture.daemon.recording import Sealed, SyscallRecording
from capture.daemon.rules import LiveRules
from capture.host.scan import scan
from capture.journal import Journal, JournalFullError
from capture.probe.counters import Counts
from capture.probe.plan import make_plan
from capture.probe.probe import Probe
from capture.redaction import BlockRedactor, RedactionError, Redactor
from falcolab.engine.alerts import Alert
from falcolab.rules.ruleset import Rule
from falcolab.sources.scap.damage import DamagedError
from falcolab.system.machine import Machine
from falcolab.system.snapshot import ProcessEntry, Snapshot

_LOG = logging.getLogger(__name__)
_MIB = 2**20
_SWEEP_SECONDS = 60.0


class SyscallSource:
    """Records the system calls of the machine.

    Args:
        settings: of the configuration.
        rules: what is judged, and which calls are hooked for it.
        journal: for everything that is recorded.
        redactor: takes secrets out of it first.
        lookups: knows containers; None asks nobody.

    Attributes:
        unreadable: how many chunks could not be read; ``held_back`` how often the journal had no room.

    Raises:
        ProbeError: the machine lacks something.
        InputError: a call to be hooked is not known.
    """

    def __init__(
        self,
        settings: Syscalls,
        rules: LiveRules,
        journal: Journal,
        redactor: Redactor,
        lookups: Lookups | None = None,
    ) -> None:
        plan = make_plan(rules.ruleset, settings.extra_calls)
        self.probe = Probe(plan.calls, ring_size=settings.ring_mb * _MIB, exclude=settings.exclude_processes)
        self.probe.attach()
        machine = Machine()
        machine.begin(_snapshot(redactor))
        blocks = BlockRedactor(redactor)
        self._recording = SyscallRecording(machine, journal, blocks, rules.enabled(), first=rules.first)
        self._lookups = lookups
        self._pending = b""
        self._counted = self.probe.counts()
        self._swept = time.monotonic()
        self.unreadable = self.held_back = 0

    @property
    def rows(self) -> int:
        """How many events are waiting for rotation."""
        return self._recording.rows

    @property
    def threads(self) -> int:
        """How many threads are known."""
        return len(self._recording.machine.threads.by_id)

    def counts(self) -> Counts:
        """What the kernel has recorded and lost so far."""
        return self.probe.counts()

    def use(self, rules: Sequence[Rule]) -> None:
        """Judge by other rules."""
        self._recording.use(rules)

    def state(self) -> bytes:
        """The state that the next segment of the journal begins with."""
        return self._recording.state()

    def step(self) -> bool:
        """Take in what there is; false if there was nothing, or no room for it."""
        if self._lookups is not None:
            self._pending += b"".join(self._lookups.take())
        chunk = self._pending or self.probe.drain().data
        if not chunk:
            return False
        self._pending = b""
        try:
            self._recording.take(chunk)
        except JournalFullError as error:
            # It stays here, and later ones in the ring: what then finds no room there is counted as lost.
            self._pending = chunk
            self.held_back += 1
            _LOG.error("system calls are held back: %s", error)
            return False
        except (RedactionError, DamagedError) as error:
            self.unreadable += 1
            _LOG.error("events from the kernel cannot be read: %s", error)
        return True

    def alerts(self) -> Iterator[Alert]:
        """What the rules say of the events since the last time; containers that are new are looked up."""
        yield from self._recording.alerts()
        if self._lookups is not None:
            self._ask(self._lookups)

    def _ask(self, lookups: Lookups) -> None:
        """Have new containers looked up, and those that have no threads any more forgotten."""
        for container_id, cgroups in self._recording.new_containers().items():
            lookups.ask(container_id, cgroups)
        if time.monotonic() - self._swept < _SWEEP_SECONDS:
            return
        self._swept = time.monotonic()
        machine = self._recording.machine
        alive = {thread.container_id for thread in machine.threads.by_id.values()}
        for container_id in machine.containers.keys() - alive:
            lookups.forget(container_id)

    def rotate(self) -> Sealed | None:
        """Seal what has been recorded; None if there is nothing."""
        counts = self.probe.counts()
        lost, self._counted = losses(counts - self._counted), counts
        return self._recording.rotate(lost)

    def stop(self) -> None:
        """Record no more, and take in what is in the ring."""
        self.probe.detach()
        while self.step():
            pass

    def close(self) -> None:
        """Unload the probe."""
        self.probe.close()


def _snapshot(redactor: Redactor) -> Snapshot:
    """The machine as it is, without secrets."""
    snapshot = scan()
    for entry in snapshot.processes.values():
        _clean(entry, redactor)
    return snapshot


def _clean(entry: ProcessEntry, redactor: Redactor) -> None:
    entry.args = redactor.arguments(entry.args, entry.exe)
    entry.env = redactor.environment(entry.env)
