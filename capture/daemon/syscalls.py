"""The source of system calls: the probe, the state of the machine, and what is recorded of both."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from capture.daemon.losses import losses
from capture.daemon.recording import Sealed, SyscallRecording
from capture.daemon.settings import Syscalls
from capture.daemon.troubles import Troubles
from capture.host.scan import scan
from capture.journal import Journal, JournalError
from capture.probe.counters import Counts
from capture.probe.plan import make_plan
from capture.probe.probe import Probe
from capture.redaction import BlockRedactor, RedactionError, Redactor
from falcolab.engine.alerts import Alert
from falcolab.rules.ruleset import Rule, Ruleset
from falcolab.sources.scap.damage import DamagedError
from falcolab.system.machine import Machine
from falcolab.system.snapshot import ProcessEntry, Snapshot

_LOG = logging.getLogger(__name__)
_MIB = 2**20
JOURNAL, UNREADABLE, HOOKS = "journal", "events_unreadable", "hooks"
"""Troubles: events are held back, cannot be read; rules want calls that are not hooked."""


class SyscallSource:
    """Records the system calls of the machine.

    Args:
        settings: of the configuration.
        ruleset: which calls are hooked follows from it.
        journal: for everything that is recorded.
        redactor: takes secrets out of it first.
        troubles: told when something goes wrong.

    Raises:
        ProbeError: the machine lacks something.
        InputError: a call to be hooked is not known.
    """

    def __init__(
        self, settings: Syscalls, ruleset: Ruleset, journal: Journal, redactor: Redactor, troubles: Troubles
    ) -> None:
        self._extra, self._troubles = settings.extra_calls, troubles
        troubles.watch(JOURNAL, UNREADABLE, HOOKS)
        plan = make_plan(ruleset, settings.extra_calls)
        self._hooked = frozenset(plan.calls)
        self.probe = Probe(plan.calls, ring_size=settings.ring_mb * _MIB, exclude=settings.exclude_processes)
        if self.probe.unavailable:
            _LOG.info("calls that this kernel is built without: %s", ", ".join(self.probe.unavailable))
        self.probe.attach()
        machine = Machine()
        machine.begin(snapshot(redactor))
        self.recording = SyscallRecording(machine, journal, BlockRedactor(redactor), ())
        self._pending = b""
        self._told = self.probe.counts()

    def counts(self) -> Counts:
        """What the kernel has recorded and lost so far."""
        return self.probe.counts()

    def use(self, ruleset: Ruleset, rules: Sequence[Rule], *, first: bool) -> None:
        """Judge by these rules from now on; ``first``: only the first that holds counts for an event."""
        self.recording.use(rules, first=first)
        missing = sorted(set(make_plan(ruleset, self._extra).calls) - self._hooked)
        if missing:
            self._troubles.begin(HOOKS, f"the rules want {', '.join(missing)}: hooked at the next start only")
        else:
            self._troubles.end(HOOKS)

    def put(self, blocks: bytes) -> None:
        """Record blocks that others than the kernel have made, before what comes next."""
        self._pending += blocks

    def step(self) -> bool:
        """Take in what there is; false if there was nothing, or no room for it."""
        chunk = self._pending or self.probe.drain().data
        if not chunk:
            return False
        self._pending = b""
        try:
            self.recording.take(chunk)
        except JournalError as error:
            # It stays here, and later ones in the ring: what then finds no room there is counted as lost.
            self._pending = chunk
            self._troubles.begin(JOURNAL, f"system calls are held back: {error}")
            return False
        except (RedactionError, DamagedError) as error:
            self._troubles.begin(UNREADABLE, f"{len(chunk):,} bytes from the kernel: {error}")
            return True
        self._troubles.end(JOURNAL)
        self._troubles.end(UNREADABLE)
        return True

    def alerts(self) -> Iterator[Alert]:
        """What the rules say of the events since the last time."""
        return self.recording.alerts()

    def rotate(self) -> Sealed | None:
        """Seal what has been recorded; None if there is nothing.

        Raises:
            JournalError: there is no room for that.
        """
        counts = self.probe.counts()
        if lost := losses(counts - self._told):
            self.recording.lose(lost)
        self._told = counts
        return self.recording.rotate()

    def stop(self) -> None:
        """Record no more, and take in what is in the ring."""
        self.probe.detach()
        while self.step():
            pass
        if left := len(self._pending) + self.probe.ring.used:
            _LOG.error("%d bytes of system calls are lost, for the journal had no room to the end", left)

    def close(self) -> None:
        """Unload the probe."""
        self.probe.close()


def snapshot(redactor: Redactor) -> Snapshot:
    """The machine as it is, without secrets."""
    found = scan()
    _clean(found.processes.values(), redactor)
    return found


def _clean(entries: Iterable[ProcessEntry], redactor: Redactor) -> None:
    for entry in entries:
        entry.args = redactor.arguments(entry.args, entry.exe)
        entry.env = redactor.environment(entry.env)
