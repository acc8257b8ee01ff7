"""Follows an audit log through rotations and restarts: every line is taken, and taken once.

After a crash between the sink's answer and the saving of the place, at most one piece of each file
is offered again; the intake knows its events from the journal.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from capture.audit.batch import Batch
from capture.audit.intake import Intake
from capture.audit.logfile import LogFile, Piece
from capture.audit.logset import LogSet
from capture.audit.place import BadPlacesError, Place, load_places, save_places
from capture.audit.sink import UNSTORABLE, Busy
from falcolab.sources.k8s_audit import MAX_EVENT_BYTES, Rejected

POLL_SECONDS = 0.2
REST_SECONDS = 5.0
_RETRY_SECONDS = 5.0
_TOO_LONG = f"longer than {MAX_EVENT_BYTES >> 20} MiB"
_LOG = logging.getLogger(__name__)


class Follower:
    """Hands the lines of a log to an intake.

    At the very first start the present log is taken from its beginning, and rotated ones count as
    taken.

    Args:
        log: path of the log, which need not exist yet.
        places: file in which the place is saved.
        intake: takes the events.
        rest_seconds: an unfinished line of a file that is not the log any more counts as all there is
            of it when nothing has come for so long.

    Raises:
        OSError: the file of places is there and cannot be read.
    """

    def __init__(self, log: Path, places: Path, intake: Intake, rest_seconds: float = REST_SECONDS) -> None:
        self._log = log
        self._places = places
        self._intake = intake
        self._metrics = intake.metrics
        self._rest_seconds = rest_seconds
        # From the first look on a rotated file that is not known is news: that has to be remembered.
        self._unsaved = True
        self._told = ""
        self._files = LogSet(log, self._load(), self._metrics)

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop. A log that cannot be read is tried again."""
        while not stop.is_set():
            stop.wait(self._pause())
        self._files.close()

    def step(self) -> bool:
        """Look for rotations and take the next piece of each file; whether there was any.

        Raises:
            Busy: the sink has no room; the next step offers the same again.
            OSError, FalcolabError: the log cannot be read, or something cannot be stored now.
        """
        self._files.look_around()
        if self._unsaved:
            self._save()
        taken = [self._take_next(file) for file in list(self._files)]
        self._metrics.lag.set(sum(max(file.size - file.place.offset, 0) for file in self._files))
        return any(taken)

    def _pause(self) -> float:
        """Take a step; how long to wait then, in seconds."""
        try:
            taken = self.step()
        except Busy as full:
            return full.retry_after
        except UNSTORABLE as error:
            self._metrics.errors.inc()
            self._tell(str(error))
            return _RETRY_SECONDS
        self._tell("" if self._files.has_log else "is not there yet")
        return 0.0 if taken else POLL_SECONDS

    def _tell(self, trouble: str) -> None:
        """Log what is wrong, once for as long as it is."""
        if trouble and trouble != self._told:
            _LOG.error("audit log %s: %s; it is tried again", self._log, trouble)
        self._told = trouble

    def _take_next(self, file: LogFile) -> bool:
        piece = file.read()
        if piece is None and file.idle_seconds >= self._rest_seconds and not self._files.is_log(file):
            piece = file.rest()
            if piece is None:
                self._files.leave(file)
        if piece is None:
            return False
        self._intake.take(_batch(piece), "log", str(file.path), file.place.offset)
        file.advance(piece)
        self._save()
        return True

    def _save(self) -> None:
        self._unsaved = True
        save_places(self._places, [file.place for file in self._files if file.place.offset])
        self._unsaved = False

    def _load(self) -> list[Place] | None:
        try:
            return load_places(self._places)
        except BadPlacesError as error:
            # Nothing is lost by beginning anew, and what is known from the journal is not taken twice.
            _LOG.error("%s; the audit log %s is read from its beginning", error, self._log)
            return []


def _batch(piece: Piece) -> Batch:
    if piece.is_too_long:
        return Batch(rejected=[Rejected(1, 0, _TOO_LONG, piece.content)])
    return Batch.of_lines(piece.content)
