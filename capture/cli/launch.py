"""A command that waits before its first instruction, so that nothing of it is missed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from falcolab.errors import InputError

_WAITING = 'kill -STOP $$; exec "$@"'
"""A shell that stops itself and then becomes the command."""

_SIGNALLED = 128


class Launched:
    """A command of which nothing has run yet; standard input and output are ours.

    Args:
        command: the program and its arguments.

    Raises:
        InputError: there is no such program, or the machine cannot start it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        if shutil.which(command[0]) is None:
            raise InputError(f"{command[0]}: there is no such program")
        try:
            waiting = ["/bin/sh", "-c", _WAITING, "sh", *command]
            self._process = subprocess.Popen(waiting)  # noqa: S603 (to run it is what was asked for)
        except (OSError, ValueError) as error:
            raise InputError(f"{command[0]}: cannot be started: {error}") from None
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    @property
    def pid(self) -> int:
        """Of the command, also before it runs."""
        return self._process.pid

    def go(self) -> None:
        """Let it run."""
        os.kill(self.pid, signal.SIGCONT)

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int:
        """As a shell has it: 128 and the signal for one that was killed."""
        code = self._process.wait()
        return code if code >= 0 else _SIGNALLED - code

    def end(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.wait()
