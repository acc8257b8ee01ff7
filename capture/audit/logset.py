"""The files of a log that are being read, from the oldest rotated one to the log itself.

A file is known by its content: its beginning, and what comes before the place reached. Its inode
alone would not do, since the system gives it to another file once it is free, and since
``copytruncate`` leaves it where it was and moves the content. Files stay open until they are gone
and at rest, so that what is written to one after it was renamed is read, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from capture.audit.logfile import LogFile
from capture.audit.logfolder import log_files
from capture.audit.metrics import Metrics
from capture.audit.place import Identity, Place

_LOG = logging.getLogger(__name__)


class LogSet:
    """Finds the files of a log, and where to go on in each.

    Args:
        log: path of the log.
        places: up to which its files had been taken, that of the log last; None at the very first start.
        metrics: what is counted.
    """

    def __init__(self, log: Path, places: list[Place] | None, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._files: list[LogFile] = []
        self._present: set[Identity] = set()
        self._is_first_start = places is None
        self._lost: list[Place] = places or []

    def __iter__(self) -> Iterator[LogFile]:
        return iter(self._files)

    @property
    def has_log(self) -> bool:
        """Whether the log itself is there."""
        return any(map(self.is_log, self._files))

    def is_log(self, file: LogFile) -> bool:
        """Whether a file is the one that is written to, as far as anybody knows."""
        return self._is_at_log(file) and file.identity in self._present

    def leave(self, file: LogFile) -> None:
        """Let go of a file that has been taken to its end, if it is gone."""
        if file.identity not in self._present:
            self._drop(file)

    def close(self) -> None:
        """Let go of all files."""
        for file in list(self._files):
            self._drop(file)

    def look_around(self) -> None:
        """Notice what has been rotated, copied, cut or deleted.

        Raises:
            OSError: the folder or a file cannot be read.
        """
        self._forget_replaced()
        last = self._lost[-1:]
        new = self._open_new()
        for is_same in (_is_same, LogFile.holds):
            new = [file for file in new if not self._resume(file, is_same)]
        # A copy that is still being made is smaller than what it is made from.
        for file in sorted(new, key=lambda file: (self._is_at_log(file), file.size), reverse=True):
            self._begin(file)
        self._is_first_start = False
        if last and last[0] in self._lost:
            self._tell_gap(last[0])
        self._lost = []
        self._files.sort(key=lambda file: (self._is_at_log(file), file.written))

    def _is_at_log(self, file: LogFile) -> bool:
        return file.path == self._log

    def _forget_replaced(self) -> None:
        """Files that do not hold any more what was taken of them are looked at as new ones."""
        for file in [file for file in self._files if file.is_replaced]:
            if self.is_log(file):
                self._lost.append(file.place)
            self._drop(file)

    def _open_new(self) -> list[LogFile]:
        """The files that are not known yet, opened; of those known it is noted where they are now."""
        known = {file.identity: file for file in self._files}
        new: list[LogFile] = []
        self._present = set()
        for path in log_files(self._log):
            file = LogFile.open(path)
            if file is None:
                continue
            self._present.add(file.identity)
            if file.identity in known:
                file.close()
                known[file.identity].path = path
            else:
                known[file.identity] = file
                new.append(file)
        return new

    def _resume(self, file: LogFile, fits: Callable[[LogFile, Place], bool]) -> bool:
        """Go on in a file from a place of which the file was lost, if one fits."""
        place = next((place for place in self._lost if fits(file, place)), None)
        if place is None:
            return False
        self._lost.remove(place)
        file.resume(place)
        self._files.append(file)
        return True

    def _begin(self, file: LogFile) -> None:
        """Read a file of which nothing has been taken, unless it is a copy of one that is being read.

        A copy of the log may become all there is of it: then it holds the place that was reached.
        """
        if self._is_at_log(file):
            self._metrics.rotations.inc(not self._is_first_start)
        elif self._is_first_start:
            file.skip()
        elif not file.size or any(map(file.begins_like, self._files)):
            file.close()
            return
        self._files.append(file)

    def _tell_gap(self, place: Place) -> None:
        self._metrics.gaps.inc()
        _LOG.warning(
            "audit log %s: what came after byte %d of the file before may have been missed:"
            " neither the file nor a copy of it is there any more",
            self._log,
            place.offset,
        )

    def _drop(self, file: LogFile) -> None:
        self._files.remove(file)
        file.close()


def _is_same(file: LogFile, place: Place) -> bool:
    return file.identity == place.identity and file.holds(place)
