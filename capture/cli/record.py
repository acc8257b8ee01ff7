"""``falcolab capture record``: a command and its descendants into a lake, as a test case."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from capture.cli.launch import Launched
from capture.cli.subtree import Subtree
from capture.daemon import parts
from capture.daemon.losses import losses
from capture.daemon.settings import Containers
from capture.daemon.syscalls import snapshot
from capture.probe.calls import CALLS
from capture.probe.plan import make_plan
from capture.probe.probe import Probe
from capture.probe.requirements import require
from capture.redaction import BlockRedactor, Redactor
from capture.syscalls.encoding import placed
from capture.syscalls.recorder import Recorder
from falcolab.cli.output import harmless, tell
from falcolab.errors import InputError
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.capture_writer import CaptureWriter, ingesting
from falcolab.rules.loader import load_rules
from falcolab.rules.ruleset import Ruleset
from falcolab.system.machine import Machine

_PAUSE_SECONDS = 0.005
_PART_EVENTS = 500_000
"""As many rows are kept in memory."""

_NO_RULES = Ruleset((), {}, {}, {}, {})


def record(command: Sequence[str], lake: Path, rules: Sequence[Path], extra: Sequence[str]) -> int:
    """Record a command; gives its exit code.

    Raises:
        FalcolabError: something is missing, or the lake cannot be written; the command has not run then.
    """
    require()
    calls = _calls(load_rules(*rules) if rules else None, extra)
    try:
        with ingesting(lake) as store, Probe(calls) as probe, Launched(command) as launched:
            writer = CaptureWriter(store, f"record {os.path.basename(command[0])}", SYSCALL)
            recording = _Recording(probe, launched, writer)
            recording.run()
            tell(f"{recording.commit():,} events of {harmless(command[0])} are in {lake}")
    except OSError as error:
        raise InputError(f"{lake}: nothing was recorded: {error.strerror or error}") from None
    return launched.exit_code


def _calls(ruleset: Ruleset | None, extra: Sequence[str]) -> list[str]:
    """What is hooked: what the rules ask for, or without rules everything that is not very frequent."""
    if ruleset is not None:
        return list(make_plan(ruleset, extra).calls)
    usual = {name for name, call in CALLS.items() if call.need != "hot"}
    return sorted(usual | set(make_plan(_NO_RULES, extra).calls))


class _Recording:
    """One command that is being recorded."""

    def __init__(self, probe: Probe, launched: Launched, writer: CaptureWriter) -> None:
        self._probe, self._launched, self._writer = probe, launched, writer
        redactor = Redactor()
        probe.attach()
        self._machine = Machine()
        self._machine.begin(snapshot(redactor))
        self._recorder, self._redactor = Recorder(self._machine), BlockRedactor(redactor)
        self._subtree = Subtree(launched.pid, os.getpid())
        self._containers = parts.containers(Containers(), CollectorRegistry())
        self._digest = hashlib.sha256(os.urandom(16))

    def run(self) -> None:
        """Let the command run, and take in what it does."""
        signal.signal(signal.SIGINT, lambda *_: None)  # the command has got it, too: what it does is recorded
        signal.signal(signal.SIGTERM, lambda *_: self._launched.end())
        if self._containers is not None:
            self._containers.start()
        self._launched.go()
        while self._launched.is_running():
            if not self._step():
                time.sleep(_PAUSE_SECONDS)
        self._probe.detach()
        while self._step():
            pass
        if self._containers is not None:
            self._containers.close()

    def _step(self) -> bool:
        """Take in what there is; false if there was nothing."""
        if self._containers is not None:
            self._recorder.take(self._containers.take())
            self._containers.look(self._machine, len(self._machine.containers))
        chunk = self._probe.drain().data
        self._recorder.take(self._redactor.blocks(self._subtree.of(chunk)))
        if self._recorder.rows >= _PART_EVENTS:
            self._flush()
        return bool(chunk)

    def _flush(self) -> None:
        self._writer.add_part(placed(self._recorder.tables(), self._writer.ordinal))
        self._recorder.begin()

    def commit(self) -> int:
        """Let what was recorded count; gives the number of events."""
        self._flush()
        self._writer.lost.update(losses(self._probe.counts()))
        return self._writer.commit(self._digest.hexdigest())
