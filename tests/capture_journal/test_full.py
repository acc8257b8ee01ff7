"""A full disk: a clear error, no half frame, and all is well again once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from capture.journal import Journal, JournalError, JournalFullError, SegmentReader

KIB = 1024


def payloads_of(journal: Journal) -> list[bytes]:
    return [frame.payload for each in journal.sealed() for frame in SegmentReader(each.path)]


def fill(file: Path) -> None:
    """Leave no room beside a file."""
    with file.open("wb") as stream, suppress(OSError):
        while True:
            os.write(stream.fileno(), bytes(4 * KIB))


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_what_does_not_fit_is_not_there_and_the_rest_stays(small_disk: Path) -> None:
    with Journal(small_disk / "journal") as journal:
        written: list[bytes] = []

        def write_on() -> None:
            while True:
                payload = b"%03d" % len(written) * 3000
                journal.append(1, payload)
                written.append(payload)

        with pytest.raises(JournalFullError, match=r"0000000001\.open: no room to write .*No space left"):
            write_on()
        assert 20 < len(written) < 30
        size = journal.size
        assert (small_disk / "journal" / "0000000001.open").stat().st_size == size
        journal.append(1, b"small")
        journal.sync()
        segment = journal.rotate()
        assert segment is not None
        assert payloads_of(journal) == [*written, b"small"]


def test_with_room_it_works_again(small_disk: Path) -> None:
    with Journal(small_disk / "journal") as journal:
        journal.append(1, b"before")
        filler = small_disk / "filler"
        fill(filler)
        with pytest.raises(JournalFullError):
            journal.append_group([(1, b"x" * 8 * KIB)] * 2)
        filler.unlink()
        journal.append_group([(1, b"y" * 8 * KIB)] * 2)
        journal.rotate()
        assert payloads_of(journal) == [b"before", b"y" * 8 * KIB, b"y" * 8 * KIB]


def test_a_segment_that_cannot_begin_leaves_no_file(small_disk: Path) -> None:
    with Journal(small_disk / "journal", lambda: [(2, b"state" * KIB)]) as journal:
        filler = small_disk / "filler"
        fill(filler)
        with pytest.raises(JournalFullError):
            journal.append(1, b"x")
        assert [path.name for path in (small_disk / "journal").iterdir()] == [".lock"]
        filler.unlink()
        journal.append(1, b"x")
        assert journal.frames == 2


def test_a_limit_of_file_size_is_no_room_either(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(1, b"x" * KIB)
        with no_file_longer_than(2 * KIB), pytest.raises(JournalFullError, match="File too large"):
            journal.append_group([(1, b"y" * KIB)] * 2)
        assert journal.size == (tmp_path / "0000000001.open").stat().st_size < 2 * KIB
        journal.append(1, b"z" * KIB)
        journal.rotate()
        assert payloads_of(journal) == [b"x" * KIB, b"z" * KIB]


class TestSync:
    """The disk may refuse only when it is asked to keep what was written."""

    def test_what_was_not_kept_is_taken_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_fd: int) -> None:
            raise OSError(28, "No space left on device")

        with Journal(tmp_path) as journal:
            journal.append(1, b"kept")
            journal.sync()
            journal.append(1, b"lost")
            journal.append(1, b"lost too")
            with monkeypatch.context() as patched:
                patched.setattr(os, "fdatasync", refuse)
                with pytest.raises(JournalFullError, match="2 frames since the last sync are taken back"):
                    journal.sync()
            assert journal.frames == 1
            journal.append(1, b"again")
            journal.rotate()
            assert payloads_of(journal) == [b"kept", b"again"]

    def test_a_broken_disk_is_another_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_fd: int) -> None:
            raise OSError(5, "Input/output error")

        with Journal(tmp_path) as journal:
            journal.append(1, b"x")
            monkeypatch.setattr(os, "fdatasync", fail)
            with pytest.raises(JournalError, match="Input/output error") as raised:
                journal.rotate()
            assert not isinstance(raised.value, JournalFullError)
            monkeypatch.undo()
            journal.append(1, b"y")


def test_a_remainder_that_cannot_be_cut_off_stops_everything_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_fd: int, _size: int) -> None:
        raise OSError(5, "Input/output error")

    with Journal(tmp_path) as journal:
        journal.append(1, b"x" * KIB)
        with monkeypatch.context() as patched:
            patched.setattr(os, "ftruncate", fail)
            with no_file_longer_than(2 * KIB), pytest.raises(JournalError, match="Input/output"):
                journal.append(1, b"y" * 2 * KIB)
            with pytest.raises(JournalError, match="Input/output"):
                journal.append(1, b"z")
        journal.append(1, b"z")
        journal.rotate()
        assert payloads_of(journal) == [b"x" * KIB, b"z"]
