"""A daemon in this process, without the probe; and one in a process of its own, as people run it."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from capture.daemon.config import read_config
from capture.daemon.daemon import Daemon
from falcolab import Lake
from tests.e2e_containers.processes import wait_for

PROGRAM = (sys.executable, "-c", "from falcolab.cli.main import run; run()", "capture")
# FOLDER is that of the test: others may run daemons at the same time.
RULES = """
- rule: Namespaces listed
  desc: audit
  condition: ka.verb = list
  output: "%ka.user.name %ka.auditid"
  priority: WARNING
  source: k8s_audit
- rule: Marked file opened
  desc: a system call
  condition: evt.type in (open, openat) and fd.name startswith FOLDER/falcolab-mark and not proc.name = cat
  output: "%proc.name opened %fd.name (%evt.res)"
  priority: NOTICE
- rule: Marked program started
  desc: a system call
  condition: evt.type = execve and evt.res = SUCCESS and proc.args = FOLDER
  output: "%proc.cmdline from %proc.pname"
  priority: ERROR
"""


@dataclass
class Setup:
    """A daemon's folder and configuration.

    Attributes:
        folder: for everything.
        changes: of the configuration, by section.
    """

    folder: Path
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules.write_text(RULES.replace("FOLDER", str(self.folder)))
        self.config.write_text(yaml.safe_dump({**self._defaults(), **self.changes}))

    def _defaults(self) -> dict[str, Any]:
        return {
            "lake": str(self.lake),
            "rules": [str(self.rules)],
            "status": {"port": 0},
            "containers": {"enabled": False},
            "outputs": {"stdout": False, "file": str(self.folder / "alerts.jsonl")},
        }

    @classmethod
    def audit_only(cls, folder: Path, **changes: Any) -> Setup:
        """One that records no system calls, and so can be in a thread of a test."""
        return cls(folder, {"syscalls": {"enabled": False}, "drop_privileges": False, **changes})

    @property
    def rules(self) -> Path:
        """The rules file."""
        return self.folder / "rules.yaml"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "capture.yaml"

    @property
    def lake(self) -> Path:
        """Where events end up."""
        return self.folder / "lake"

    def alerts(self) -> list[Any]:
        """What has been alerted so far."""
        path = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def ids(self) -> list[str]:
        """Of the audit events in the lake, in order."""
        found = Lake(self.lake).sql('SELECT "ka.auditid" AS id FROM events ORDER BY id')
        return list(found["id"])


@dataclass
class Served:
    """What a daemon tells of itself.

    Attributes:
        port: of health and metrics.
    """

    port: int

    def health(self) -> tuple[int, list[str]]:
        """The status of the health check, and what is wrong."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz")
        return answer.status_code, answer.json()["problems"]

    def is_alive(self) -> bool:
        """What the liveness probe says."""
        return httpx.get(f"http://127.0.0.1:{self.port}/livez").status_code == 200

    def metric(self, name: str) -> float:
        """The sum of a metric's samples, or of those with labels that are named as well."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics").text
        assert f"# HELP {name.partition('{')[0]} " in text, name
        found = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def trouble(self, what: str) -> float:
        """How often something has gone wrong."""
        return self.metric(f'falcolab_troubles_total{{what="{what}"}}')


@dataclass
class Here(Served):
    """A daemon in this process.

    Attributes:
        daemon: the daemon.
        reload: tells it to look at its files.
    """

    daemon: Daemon
    reload: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def here(setup: Setup) -> Iterator[Here]:
    """A daemon that runs in a thread until the end of the block, and has delivered then."""
    daemon, stop = Daemon(read_config(setup.config)), threading.Event()
    running = Here(0, daemon)
    thread = threading.Thread(target=daemon.run, args=(stop, running.reload))
    thread.start()
    wait_for(lambda: daemon.status_port != 0)
    running.port = daemon.status_port
    try:
        yield running
    finally:
        stop.set()
        thread.join()


@dataclass
class There(Served):
    """A daemon in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Have it end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(600)


@contextlib.contextmanager
def there(setup: Setup) -> Iterator[There]:
    """``falcolab capture run``, from when it records."""
    log = setup.folder / "daemon.log"
    begin = log.stat().st_size if log.exists() else 0
    with log.open("ab") as errors:
        command = [*PROGRAM, "run", "-c", str(setup.config)]
        process = subprocess.Popen(command, stderr=errors, stdout=subprocess.DEVNULL)

    def said() -> str:
        return log.read_bytes()[begin:].decode()

    try:
        wait_for(lambda: "metrics on port" in said() or process.poll() is not None, said, 90)
        assert process.poll() is None, said()
        yield There(int(re.findall(r"metrics on port (\d+)", said())[-1]), process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
