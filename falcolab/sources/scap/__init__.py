"""Syscall captures: the ``.scap`` files of Falco and sysdig."""

from falcolab.sources.scap.capture import Capture, Ending, open_capture

__all__ = ["Capture", "Ending", "open_capture"]
