"""``falcolab capture run``: the daemon in the foreground, as a service manager wants it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from capture.cli.signals import Signals
from capture.daemon.config import read_config
from capture.daemon.daemon import Daemon
from falcolab.cli.output import harmless

_FORMAT = "%(asctime)s %(levelname)s %(message)s"


class _HarmlessFormatter(logging.Formatter):
    """Log lines may tell of captured text: it stays on one line, and cannot steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        """The line, without the trace of an error."""
        return harmless(super().formatMessage(record))


def run(config: Path) -> int:
    """Record and alert until a signal says that it is enough.

    Raises:
        FalcolabError: something is missing, or the configuration cannot be followed.
    """
    _log_to_stderr()
    signals = Signals()
    daemon = Daemon(read_config(config))
    daemon.run(signals.stop, signals.reload)
    return 0


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_HarmlessFormatter(_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("uvicorn", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
