"""A daemon and a load, each on a core of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import shared_data

DAEMON_CORE, LOAD_CORE = 0, 1
_POLL_SECONDS = 0.05
_LITTLE = 65_536
"""Bytes in the ring that are always there on a machine with others on it."""

NICE = -10
"""Before the work of others on a shared machine, which would be measured otherwise."""


@dataclass(frozen=True, slots=True)
class Load:
    """The compiled load program.

    Attributes:
        path: of the program.
    """

    path: Path

    @classmethod
    def compiled(cls, folder: Path) -> Load:
        """Compile it into a folder."""
        path = folder / "capture_load"
        source = Path(__file__).with_suffix("").with_name("capture_load.c")
        subprocess.run(["cc", "-O2", "-o", path, source], check=True)
        return cls(path)

    def start(self, *arguments: object, core: int = LOAD_CORE) -> subprocess.Popen[str]:
        """Begin to make calls."""
        command = [str(self.path), *map(str, arguments)]
        return pinned(command, core, stdout=subprocess.PIPE, cwd=self.path.parent)

    def run(self, *arguments: object, core: int = LOAD_CORE) -> dict[str, float]:
        """Make calls, and tell how many they were."""
        return ended(self.start(*arguments, core=core))


def ended(process: subprocess.Popen[str]) -> dict[str, float]:
    """What a load program tells at its end."""
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    found: dict[str, float] = json.loads(out)
    return found


def pinned(command: Sequence[str], core: int, **how: Any) -> subprocess.Popen[str]:
    """Start a command on one core."""
    line = ["taskset", "-c", str(core), "nice", "-n", str(NICE), *command]
    return subprocess.Popen(line, text=True, **how)


class DaemonProcess:
    """A daemon that runs, and what is asked of it.

    Args:
        folder: for its lake and journal.
        rules: files.
        settings: more of the configuration.
    """

    def __init__(self, folder: Path, rules: Sequence[Path], **settings: Any) -> None:
        self.lake = folder / "lake"
        config = folder / "capture.yaml"
        config.write_text(yaml.safe_dump(_config(self.lake, rules, settings)))
        command = [sys.executable, "-m", "tests.bench.capture_served", str(config)]
        self._process = pinned(
            command, DAEMON_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=shared_data.ROOT
        )
        self._answer()

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the daemon has ended, see above")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, command: str) -> dict[str, Any]:
        """The answer to a command of ``capture_served``."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def sleep(self) -> None:
        """Give it time."""
        time.sleep(_POLL_SECONDS)

    def drained(self) -> None:
        """Wait until it has caught up."""
        while self.ask("state")["waiting"] > _LITTLE:
            self.sleep()

    def stop(self) -> None:
        """End; everything is in the lake then."""
        if self._process.poll() is None:
            self.ask("stop")
            self._process.communicate()


@contextmanager
def running(folder: Path, rules: Sequence[Path], **settings: Any) -> Iterator[DaemonProcess]:
    """A daemon, stopped at the end."""
    folder.mkdir()
    daemon = DaemonProcess(folder, rules, **settings)
    try:
        yield daemon
    finally:
        daemon.stop()


def _config(lake: Path, rules: Sequence[Path], settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "lake": str(lake),
        "rules": list(map(str, rules)),
        "outputs": {"stdout": False, "file": str(lake.with_name("alerts.json"))},
        "status": {"port": 0},
        "drop_privileges": False,  # hooks come and go
        **settings,
    }


def official_rules() -> list[Path] | None:
    """The rules files for system calls of the Falco project, or None."""
    folder = shared_data.official_rules()
    names = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
    if folder is None or not all((folder / name).is_file() for name in names):
        return None
    return [folder / name for name in names]


def cores() -> int:
    """How many there are; two are needed."""
    return len(os.sched_getaffinity(0))
