"""Whatever happens to a log, every line of it is taken once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.audit import follower as module
from capture.audit.follower import Follower
from tests.capture_audit.doubles import Parts, text


class Cluster:
    """An API server that writes a log, somebody who rotates it, and a daemon that comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "audit.log"
        self.written = 0
        self.rotated = 0
        self.half = b""
        self.parts = Parts()
        self.journal: list[bytes] = []
        self.offered_again = 0.0
        self.follower: Follower | None = None
        self._writer = self._reopen()

    def _reopen(self) -> int:
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    # What the API server does.

    def append(self) -> None:
        for _ in range(3):
            rest = self.half or text(self.written) + b"\n"
            os.write(self._writer, rest)
            self.written += 1
            self.half = b""

    def append_half(self) -> None:
        if not self.half:
            line = text(self.written) + b"\n"
            os.write(self._writer, line[:100])
            self.half = line[100:]

    def reopen(self) -> None:
        """As after a signal, or as the API server does itself: between two lines."""
        if not self.half:
            os.close(self._writer)
            self._writer = self._reopen()

    # What happens to the log.

    def _old_name(self) -> Path:
        self.rotated += 1
        return self.folder / f"audit-2026-01-01T00-00-{self.rotated:06d}.log"

    def rename(self) -> None:
        if self.log.exists():
            self.log.rename(self._old_name())

    def rotate(self) -> None:
        if not self.half:
            self.rename()
            self.reopen()

    def copy_and_truncate(self) -> None:
        """Not within a line: its second half would have nothing before it."""
        if self.log.exists() and not self.half:
            shutil.copy(self.log, self._old_name())
            os.truncate(self.log, 0)

    def copy(self) -> None:
        """The beginning of a copy that is being made: it must not be taken for news."""
        if self.log.exists():
            copy = self.folder / "audit.log.copy"
            copy.write_bytes(self.log.read_bytes()[:700])
            self.step()
            copy.unlink()

    def delete_old(self) -> None:
        """What nobody writes to any more, while the daemon has it open: it reads it to its end."""
        self.step()
        for path in self.folder.glob("audit-*.log") if self.follower else ():
            if path.stat().st_ino != os.fstat(self._writer).st_ino:
                path.unlink()
        self.step()

    # What happens to the daemon.

    def step(self) -> None:
        if self.follower is not None:
            self.follower.step()

    def stop(self) -> None:
        if self.follower is not None:
            self.follower._files.close()
            self.follower = None
            self.journal += self.parts.sink.events
            self.offered_again += self.parts.count("duplicates_total", via="log")

    def start(self) -> None:
        """A new process; what it knows of events is what its journal tells."""
        if self.follower is None:
            self.parts = Parts()
            self.parts.recent.rebuild(self.journal)
            self.follower = Follower(self.log, self.folder / "places", self.parts.intake, rest_seconds=1e9)

    def crash(self) -> None:
        """The sink has taken a piece; the place is not saved any more."""
        if self.follower is not None:
            with failing_to_save(), suppress(OSError):
                while self.follower.step():
                    continue
            self.stop()
            self.start()

    def restart(self) -> None:
        self.stop()
        self.start()
        self.step()

    def finish(self) -> list[int]:
        """The numbers of all the lines that have been taken."""
        if self.half:
            self.append()
        self.start()
        assert self.follower is not None
        while self.follower.step():
            continue
        assert self.parts.quarantined == []
        self.stop()
        os.close(self._writer)
        check = Parts()
        check.sink.batches = [self.journal]
        return check.sink.numbers


@contextmanager
def failing_to_save() -> Iterator[None]:
    def killed(*_: object) -> None:
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "save_places", killed)
        yield


CALM = [
    Cluster.append,
    Cluster.append_half,
    Cluster.reopen,
    Cluster.rename,
    Cluster.rotate,
    Cluster.copy_and_truncate,
    Cluster.copy,
    Cluster.delete_old,
    Cluster.step,
    Cluster.stop,
    Cluster.start,
    Cluster.restart,
]


def _play(happenings: list[Callable[[Cluster], None]]) -> Cluster:
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        cluster.start()
        cluster.step()
        for happen in happenings:
            happen(cluster)
        assert sorted(cluster.finish()) == list(range(cluster.written))
        return cluster


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(CALM), min_size=8, max_size=60))
def test_every_line_is_offered_once(happenings: list[Callable[[Cluster], None]]) -> None:
    assert _play(happenings).offered_again == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*CALM, Cluster.crash]), min_size=8, max_size=60))
def test_every_line_is_taken_once_through_crashes(
    happenings: list[Callable[[Cluster], None]],
) -> None:
    _play(happenings)
