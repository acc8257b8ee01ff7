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
from tests.e2e_attacks.outcome import Outcome, replay
from tests.e2e_attacks.podman import Podman
from tests.e2e_attacks.rules import files
from tests.e2e_attacks.session import session
from tests.e2e_attacks.stage import Stage

_TABLE = pytest.StashKey[list[str]]()
_METRICS = ("falcolab_held_back", "falcolab_unreadable", "falcosecurity_scap_n_drops_total")


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
    podman = Podman(folder / "podman")
    podman.folder.mkdir()
    (folder / "programs").mkdir()
    actor = compile_actor(folder / "programs")
    podman.load(save_image(folder, actor))
    recording = Recording.prepare(folder, rules, podman.socket)
    points = tracefs.find()
    calls = frozenset(path.name.removeprefix("sys_exit_") for path in points.glob("sys_exit_*"))
    skipped = {attack.id: lack for attack in attacks if (lack := attack.missing(calls))}
    failed = {}
    with podman.service(), recording.running(), session() as begin:
        stage = Stage(folder, actor.parent, podman, recording, begin)
        for attack in attacks:
            if attack.id not in skipped and (problem := _problem(stage, attack)):
                failed[attack.id] = problem
        metrics = {name: recording.metric(name) for name in _METRICS}
    live = recording.alerts()
    return Outcome(live, replay(recording.lake, rules), skipped, failed, metrics)


def _problem(stage: Stage, attack: Attack) -> str:
    """What went wrong; the others are performed all the same."""
    try:
        stage.perform(attack)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return str(error)
    return ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_TABLE, []):
        terminalreporter.write_line(line)
