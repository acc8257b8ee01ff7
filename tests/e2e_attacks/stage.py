"""Where attacks are performed: on the machine, in containers, and as requests to an API server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e_attacks.audit import post
from tests.e2e_attacks.catalogue import Attack
from tests.e2e_attacks.daemon import Recording
from tests.e2e_attacks.podman import Podman
from tests.e2e_attacks.rules import QUESTION, VARIABLE
from tests.e2e_containers.processes import wait_for

_SECONDS = 30
_KNOWN_SECONDS = 60.0
_INSIDE = "/attack"
_SHORT = 12
_WAITING = 'until [ -e /go ]; do /bin/usleep 100000; done; exec "$@"'


@dataclass(frozen=True)
class Stage:
    """Performs attacks.

    Attributes:
        folder: for what they leave.
        programs: the folder of the actor.
        podman: for those in containers.
        recording: of the daemon, for those on a cluster.
        session: the beginning of command lines that are to run in a session of their own.
    """

    folder: Path
    programs: Path
    podman: Podman
    recording: Recording
    session: Sequence[str]

    def perform(self, attack: Attack) -> str:
        """Do it, and leave nothing behind; the id of the container it was in, or ``host``."""
        if attack.where == "container":
            return self._in_container(attack)
        if attack.where == "host":
            self._on_host(attack)
        else:
            post(attack, self.recording)
        return "host"

    def _on_host(self, attack: Attack) -> None:
        work = self.folder / attack.id
        work.mkdir()
        path = f"{self.programs}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, VARIABLE: attack.id}
        try:
            _run([*self.session, "sh", "-eu", str(self._script(attack))], work, environment)
        finally:
            shutil.rmtree(work)

    def _script(self, attack: Attack) -> Path:
        """Not an argument of the shell: rules that look at command lines would see all of it there."""
        folder = self.folder / f"{attack.id}.script"
        folder.mkdir()
        script = folder / "script"
        script.write_text(attack.script)
        return script

    def _in_container(self, attack: Attack) -> str:
        added = ["--env", f"{VARIABLE}={attack.id}", *(["--tty"] if attack.tty else [])]
        if attack.entry:
            return self._as_entry(attack, added)
        script = self._script(attack)
        command = attack.command or ("/bin/sh", "-eu", f"{_INSIDE}/{script.name}")
        options = [*attack.options, "--volume", f"{script.parent}:{_INSIDE}:ro"]
        with self.podman.created(options, ["/bin/sleep", "1000"]) as container:
            self._podman("start", container)
            if "--privileged" in options:
                self._wait_until_known(container)
            self._podman("exec", *added, container, *command)
        return container[:_SHORT]

    def _as_entry(self, attack: Attack, added: list[str]) -> str:
        command = ("/bin/sh", "-c", _WAITING, "sh", *attack.command)
        with self.podman.created([*added, *attack.options], command) as container:
            self._podman("start", container)
            self._wait_until_known(container)
            self._podman("exec", container, "/bin/touch", "/go")
            self._podman("wait", container)
        return container[:_SHORT]

    def _wait_until_known(self, container: str) -> None:
        """Until the runtime has told the daemon whether it is privileged, and the like."""

        def is_known() -> bool:
            self._podman("exec", container, "/bin/true", QUESTION)
            return any(f"known={container[:_SHORT]}" in line for line in self.recording.alert_lines())

        wait_for(is_known, lambda: f"{container} is not known", _KNOWN_SECONDS)

    def _podman(self, *arguments: str) -> None:
        _run(self.podman.command(*arguments), self.folder)


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_SECONDS)
    finally:
        _end_group(process)
    assert process.returncode == 0, f"{process.returncode}: {output.decode(errors='replace')[-2000:]}"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """What a script has left in the background ends with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
