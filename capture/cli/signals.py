"""What signals ask the daemon for."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Remembers what signals have asked for, from the moment it is made.

    The second signal to end ends at once: what was recorded is in the journal.

    Attributes:
        stop: set when it is time to end.
        reload: set when files are to be looked at.
    """

    def __init__(self) -> None:
        self.stop, self.reload = threading.Event(), threading.Event()
        for each in _ENDING:
            signal.signal(each, self._end)
        signal.signal(signal.SIGHUP, self._again)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.stop.set()
        signal.signal(number, signal.SIG_DFL)

    def _again(self, _number: int, _frame: FrameType | None) -> None:
        self.reload.set()
