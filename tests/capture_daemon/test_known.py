"""Audit events that have been taken are known after a restart."""

from __future__ import annotations

from pathlib import Path

from capture.audit.identity import identity
from capture.daemon.known import KnownEvents
from capture.journal import Journal, Kind
from tests.capture_audit.doubles import text


def take(journal: Journal, known: KnownEvents, *numbers: int) -> None:
    frame = known.frame([text(number) for number in numbers])
    journal.append_group([(Kind.AUDIT_EVENTS, b"-"), frame])
    known.add(frame)


def after_restart(folder: Path) -> KnownEvents:
    known = KnownEvents()
    with Journal(folder, known.opening) as journal:
        known.restore(journal)
    return known


def numbers_in(known: KnownEvents, count: int) -> list[int]:
    recent = known.recent()
    return [number for number in range(count) if identity(text(number)) in recent]


def test_they_are_known_from_their_own_segment(tmp_path: Path) -> None:
    known = KnownEvents()
    with Journal(tmp_path, known.opening) as journal:
        take(journal, known, 1, 2)
        take(journal, known, 5)
    assert numbers_in(after_restart(tmp_path), 9) == [1, 2, 5]


def test_they_are_known_when_their_segment_has_gone_into_the_lake(tmp_path: Path) -> None:
    known = KnownEvents()
    with Journal(tmp_path, known.opening) as journal:
        for number in range(5):
            take(journal, known, number)
            segment = journal.rotate()
            assert segment is not None
            journal.release(segment)
    assert numbers_in(after_restart(tmp_path), 9) == [0, 1, 2, 3, 4]


def test_the_oldest_go_first(tmp_path: Path) -> None:
    known = KnownEvents(3)
    with Journal(tmp_path, known.opening) as journal:
        take(journal, known, *range(5))
    assert numbers_in(known, 9) == [2, 3, 4]
