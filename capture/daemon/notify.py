"""Telling systemd that the daemon is ready, lives, or is about to end; nothing where it did not start us."""

from __future__ import annotations

import logging
import os
import socket

_LOG = logging.getLogger(__name__)
READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def notify(state: str) -> None:
    """Send a state to the socket that systemd has named in ``$NOTIFY_SOCKET``."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(state.encode(), address)
    except OSError as error:
        _LOG.warning("systemd cannot be told %s: %s", state, error.strerror or error)
