"""System calls from the kernel to alerts: cleaned, journaled, taken into state and rows, judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from capture.journal import Journal, Kind, Segment
from capture.live.matcher import SyscallMatcher
from capture.redaction import BlockRedactor
from capture.syscalls.recorder import Recorder
from falcolab.engine.alerts import Alert
from falcolab.lake.manifest import Losses
from falcolab.rules.ruleset import Rule
from falcolab.system.machine import Machine
from falcolab.system.saved import save


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was recorded up to a rotation.

    Attributes:
        segment: of the journal.
        tables: the rows of its events.
    """

    segment: Segment
    tables: Mapping[str, pa.Table]


class SyscallRecording:
    """Takes event blocks in, and says what the rules say of them.

    Everything is in the journal before it is judged, so that no alert is about an event which the
    lake will not have.

    Args:
        machine: the state that recording begins with.
        journal: for the blocks.
        redactor: takes secrets out of them first.
        rules: what is judged; ``first`` says whether only the first that holds counts.
    """

    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        redactor: BlockRedactor,
        rules: Sequence[Rule],
        *,
        first: bool = True,
    ) -> None:
        self._recorder = Recorder(machine)
        self._journal, self._redactor = journal, redactor
        self._versions = 0
        self.use(rules, first=first)

    @property
    def machine(self) -> Machine:
        """The state of the machine."""
        return self._recorder.machine

    @property
    def rows(self) -> int:
        """How many events are waiting for rotation."""
        return self._recorder.rows

    @property
    def size(self) -> int:
        """About how many bytes of text they have; processes have that of their ancestors, too."""
        return self._recorder.size

    @property
    def container_versions(self) -> int:
        """How many descriptions of containers the events have had so far."""
        return self._versions + len(self._recorder.encoder.containers.rows)

    def use(self, rules: Sequence[Rule], *, first: bool = True) -> None:
        """Judge by other rules from now on; what has come before is judged by the old ones first."""
        self._matcher = SyscallMatcher(rules, first=first)
        self._recorder.encoder.events.fresh()

    def state(self) -> bytes:
        """The state that the next segment of the journal begins with."""
        return save(self.machine)

    def take(self, blocks: bytes) -> None:
        """Record event blocks.

        Raises:
            JournalError: they cannot be written; nothing has changed.
            RedactionError, DamagedError: they are none.
        """
        clean = self._redactor.blocks(blocks)
        self._journal.append(Kind.SYSCALL_EVENTS, clean)
        self._recorder.take(clean)

    def lose(self, lost: Losses) -> None:
        """Record what the kernel could not hand over.

        Raises:
            JournalError: that cannot be written.
        """
        self._journal.append(Kind.LOSS, json.dumps(lost).encode())

    def alerts(self) -> Iterator[Alert]:
        """What the rules say of the events that have come since this was asked last."""
        return self._matcher.match(self._recorder.encoder)

    def rotate(self) -> Sealed | None:
        """Seal the journal's segment and begin another; None if nothing was recorded.

        Raises:
            JournalError: it cannot be sealed; everything goes on as before.
        """
        segment = self._journal.rotate()
        if segment is None:
            return None
        tables = self._recorder.tables()
        self._versions = self.container_versions
        self._recorder.begin()
        self._matcher.begin()
        return Sealed(segment, tables)
