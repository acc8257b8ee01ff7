"""One daemon for all places, with everything around it that it needs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from capture.probe.calls import CALLS
from capture.probe.requirements import missing
from falcolab import Lake
from tests.capture_daemon.running import PROGRAM, Setup, there
from tests.e2e_capture.workload import command_line, compile_workload
from tests.e2e_containers.containerd import Containerd, Pod
from tests.e2e_containers.podman import Podman
from tests.e2e_containers.processes import output_of, wait_for

HOST, PODMAN, POD = "falcolab-host", "falcolab-podman", "falcolab-pod"
"""The tags of the workload in each place."""


@dataclass(frozen=True)
class Recorded:
    """What is left when the daemon has ended.

    Attributes:
        setup: with the lake and the alerts.
        podman: the full id of the container.
        pod: the ids in the pod.
        replayed: what a replay says, as JSON.
        lost: how many events the kernel could not hand over.
    """

    setup: Setup
    podman: str
    pod: Pod
    replayed: list[Any]
    lost: float

    def container_of(self, tag: str) -> str:
        """The short id of the container in which the workload ran."""
        return {HOST: "", PODMAN: self.podman[:12], POD: self.pod.container_id[:12]}[tag]

    def ask(self, query: str, *parameters: str) -> pd.DataFrame:
        """The answer of the lake."""
        return Lake(self.setup.lake).sql(query, parameters)


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    podman = Podman(tmp_path_factory.mktemp("podman"))
    podman.load()
    return podman


@pytest.fixture(scope="session")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    containerd = Containerd(Path(tmp_path_factory.mktemp("ctrd")))
    with containerd.service():
        containerd.load()
        yield containerd
    containerd.close()


@pytest.fixture(scope="session")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, podman: Podman, containerd: Containerd, official_rules: Path
) -> Recorded:
    if (problem := missing()) is not None:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("capture")
    program, setup = compile_workload(folder), _setup(folder, podman, containerd, official_rules)
    # The pod is there before the daemon, the container comes afterwards.
    with podman.service(), containerd.running() as pod, there(setup) as daemon:
        with podman.running("shop_web", "-v", f"{folder}:/w") as full_id:
            wait_for(lambda: daemon.metric("falcolab_containers_found_total") >= 3)
            _work(program, podman.command("exec", full_id), containerd, pod)
            wait_for(lambda: len(setup.alerts()) > 0)
        lost = daemon.metric("falcosecurity_scap_n_drops_total")
        assert daemon.end() == 0
    return Recorded(setup, full_id, pod, _replayed(setup, official_rules), lost)


def _setup(folder: Path, podman: Podman, containerd: Containerd, rules: Path) -> Setup:
    calls = sorted(name for name, call in CALLS.items() if call.need != "hot")
    changes = {
        "rules": [str(rules)],
        "syscalls": {"extra_calls": calls, "ring_mb": 256},  # others on the machine may be loud
        "containers": {"podman": [str(podman.socket)], "cri": [str(containerd.socket)], "docker": []},
        "rotation": {"seconds": 20},
    }
    return Setup(folder, changes)


def _work(program: Path, exec_in_podman: list[str], containerd: Containerd, pod: Pod) -> None:
    """The workload in all places; the container has the folder, the pod has /tmp at another place."""
    (program.parent / HOST).mkdir()
    subprocess.run(command_line(program, HOST, program.parent / HOST), check=True)
    output_of(*exec_in_podman, *command_line("/w/workload", PODMAN, "/tmp"))
    execute = ["ctr", "-a", containerd.socket, "-n", "k8s.io", "tasks", "exec", "--exec-id", "work"]
    inside = Path("/data") / program.relative_to("/tmp")
    output_of(*execute, pod.container_id, *command_line(inside, POD, "/tmp"))


def _replayed(setup: Setup, rules: Path) -> list[Any]:
    program = [*PROGRAM[:3], "replay", str(setup.lake), "-r", str(rules)]
    options = ["--matching", "first", "--append-suggested", "--json"]
    done = subprocess.run([*program, *options], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
