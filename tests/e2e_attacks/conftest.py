"""One daemon for all attacks, and the table of what it saw."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from capture.probe import tracefs
from capture.probe.requirements import missing
from tests.e2e_attacks.catalogue import Attack, read
from tests.e2e_attacks.daemon import Recording
from tests.e2e_attacks.image import compile_actor, save_image
from tests.e2e_attacks.outcome import Outcome, Try, replay
from tests.e2e_attacks.podman import Podman
from tests.e2e_attacks.rules import files
from tests.e2e_attacks.session import session
from tests.e2e_attacks.stage import Stage

_PODMAN, _PROGRAMS = "podman", "programs"
_CHANGES = {
    "matching": "all",
    "syscalls": {"ring_mb": 256},  # others on the machine may be loud
    "rotation": {"seconds": 20},
}
_TABLE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, official_rules: Path, pytestconfig: pytest.Config
) -> Outcome:
    if (problem := missing()) is not None:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("attacks")
    outcome = _performed(folder, read(), files(official_rules, folder))
    pytestconfig.stash[_TABLE] = list(outcome.table(read()))
    return outcome


def _performed(folder: Path, attacks: list[Attack], rules: list[Path]) -> Outcome:
    podman = _podman(folder)
    recording = Recording(folder, rules, _CHANGES | {"containers": {"podman": [str(podman.socket)]}})
    with podman.service(), recording.running(), session() as begin:
        stage = Stage(folder, folder / _PROGRAMS, podman, recording, begin)
        tries = {attack.id: _tried(stage, attack, _calls()) for attack in attacks}
        metrics = recording.metrics()
    return Outcome(recording.alerts(), replay(recording.lake, rules), tries, metrics)


def _podman(folder: Path) -> Podman:
    """Podman with the image; the actor is beside it, for the machine."""
    for name in (_PODMAN, _PROGRAMS):
        (folder / name).mkdir()
    podman = Podman(folder / _PODMAN)
    podman.load(save_image(folder, compile_actor(folder / _PROGRAMS)))
    return podman


def _calls() -> frozenset[str]:
    """The system calls that this kernel has."""
    return frozenset(path.name.removeprefix("sys_exit_") for path in tracefs.find().glob("sys_exit_*"))


def _tried(stage: Stage, attack: Attack, calls: frozenset[str]) -> Try:
    if lack := attack.missing(calls):
        return Try(missing=lack)
    try:
        return Try(container=stage.perform(attack))
    except (AssertionError, subprocess.TimeoutExpired) as error:  # the others are performed all the same
        return Try(problem=str(error))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_TABLE, []):
        terminalreporter.write_line(line)
