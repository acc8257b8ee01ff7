"""A disk that fails at a sync costs nothing that was acknowledged, whichever thread finds out."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from capture.journal import Journal, JournalError, SegmentReader


def payloads_of(journal: Journal) -> list[bytes]:
    return [frame.payload for each in journal.sealed() for frame in SegmentReader(each.path)]


def failing_once(real: Callable[[int], None]) -> Callable[[int], None]:
    failures = [OSError(5, "Input/output error")]

    def sync(fd: int) -> None:
        if failures:
            raise failures.pop()
        real(fd)

    return sync


def test_a_rotation_whose_folder_cannot_be_synced_is_no_rotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(1, b"a")
        journal.sync()
        monkeypatch.setattr(os, "fsync", failing_once(os.fsync))
        with pytest.raises(JournalError, match="Input/output error"):
            journal.rotate()
        assert journal.sealed() == []
        journal.append(1, b"b")
        journal.sync()
        assert journal.rotate() is not None
        assert payloads_of(journal) == [b"a", b"b"]


def test_what_is_stored_is_not_taken_back_by_a_sync_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(1, b"not synced")
        real, has_begun = os.fdatasync, threading.Event()

        def sync(fd: int) -> None:
            if threading.current_thread() is threading.main_thread():
                raise OSError(5, "Input/output error")
            has_begun.set()
            real(fd)

        monkeypatch.setattr(os, "fdatasync", sync)
        sender = threading.Thread(target=lambda: journal.store([(2, b"acknowledged")]))
        sender.start()
        has_begun.wait(5)
        journal.append(1, b"later")
        with pytest.raises(JournalError, match="1 frames"):
            journal.sync()
        sender.join()
        monkeypatch.setattr(os, "fdatasync", real)
        journal.rotate()
        assert payloads_of(journal) == [b"not synced", b"acknowledged"]
