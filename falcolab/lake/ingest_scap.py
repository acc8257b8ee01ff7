"""Captures of system calls into the lake: the machine's state is rebuilt, every event keeps what it saw."""

from __future__ import annotations

from pathlib import Path

from falcolab import native
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.capture_writer import (
    PART_BYTES,
    PART_EVENTS,
    CaptureWriter,
    Ingested,
    Progress,
    ingesting,
)
from falcolab.lake.store import Store
from falcolab.lake.syscall.encoder import PURE, SyscallEncoder
from falcolab.sources.scap.capture import Capture, open_capture
from falcolab.system.event import Event
from falcolab.system.machine import Machine
from falcolab.system.snapshot import Snapshot

_REPORTED = 10_000


def ingest_scap(lake: str | Path, file: str | Path, progress: Progress | None = None) -> Ingested:
    """Add a capture file of Falco or sysdig to a lake, which is made if it does not exist.

    Of a file that is cut off or damaged, everything before the damage is taken.

    Args:
        lake: the lake's folder.
        file: the capture, plain or gzip.
        progress: called now and then with the number of events so far.

    Raises:
        InputError: the file cannot be read, is no capture or holds no event; the lake is then unchanged.
    """
    with open_capture(file) as capture, ingesting(lake) as store:
        return _ingest(store, capture, progress)


def _ingest(store: Store, capture: Capture, progress: Progress | None) -> Ingested:
    writer = CaptureWriter(store, capture.name, SYSCALL)
    _consume(capture, writer, progress)
    digest = capture.digest()
    damage = capture.ending.reason if capture.ending else ""
    if writer.known(digest) is not None:
        return Ingested(capture.name, digest, 0, known=True, damage=damage)
    events = writer.commit(digest, damage=damage)
    return Ingested(capture.name, digest, events, damage=damage)


def _consume(capture: Capture, writer: CaptureWriter, progress: Progress | None) -> None:
    machine = Machine()
    encoder = _encoder(writer, capture, machine)
    before, reported = 0, 0
    for item in capture:
        if isinstance(item, Snapshot):
            machine.begin(item)
            encoder.forget()
            continue
        is_seen = machine.take(item)
        encoder.notice(item, machine)
        if is_seen:
            encoder.add(item, machine)
        if _is_full(encoder, item):
            before += encoder.events.rows
            writer.add_part(encoder.tables())
            encoder = _encoder(writer, capture, machine)
        if progress is not None and before + encoder.events.rows - reported >= _REPORTED:
            reported = before + encoder.events.rows
            progress(reported)
    writer.add_part(encoder.tables())


_GROWING = frozenset({93, 95, 97, 223, 225, 227, 293, 331, 335})
"""Types after which the text of processes is looked at, none of which ever takes the lane: calls that make
processes, change what they run, or their directory. Every process has a copy of what its ancestors say."""


def _is_full(encoder: SyscallEncoder, event: Event) -> bool:
    """Whether the part ends with this event."""
    if encoder.events.rows >= PART_EVENTS or encoder.events.size >= PART_BYTES:
        return True
    return event.type.id in _GROWING and encoder.processes.columns.size >= PART_BYTES


def _encoder(writer: CaptureWriter, capture: Capture, machine: Machine) -> SyscallEncoder:
    """An encoder for the next part, with the fast lane into it where that is compiled."""
    lane = native.load("lane")
    encoder = SyscallEncoder(writer.ordinal, PURE if lane is None else lane.PIECES)
    capture.forward = None if lane is None else lane.Lane(machine, encoder, PART_EVENTS, PART_BYTES).run
    return encoder
