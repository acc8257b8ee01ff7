"""Containers are asked about as they show up; a runtime that cannot be asked is said and counted."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from capture.containers.lookups import Lookups
from capture.containers.metrics import Metrics
from capture.containers.podman import PodmanSource
from capture.containers.settings import Settings
from capture.daemon.containers import ContainerWatch
from falcolab.system.machine import Machine
from tests.e2e_containers.processes import wait_for
from tests.system.events import machine, process

FULL_ID = "c3" * 32
QUICK = Settings(first_retry=0.05, last_retry=0.1)


def with_container() -> Machine:
    return machine(process(20, cgroups=b"cpu=/kubepods/besteffort/pod1/" + FULL_ID.encode()))


@contextmanager
def deaf(path: Path) -> Iterator[None]:
    """A runtime that takes connections and answers nothing."""
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(path))
        listening.listen()
        end = threading.Event()

        def serve() -> None:
            while not end.is_set():
                listening.accept()[0].close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        end.set()
        with closing(socket.socket(socket.AF_UNIX)) as last:
            last.connect(str(path))
        thread.join()


class Counted:
    """Lookups with one runtime."""

    def __init__(self, path: Path) -> None:
        self.registry = CollectorRegistry()
        metrics = Metrics(self.registry)
        self.watch = ContainerWatch(Lookups([PodmanSource(path)], metrics=metrics, settings=QUICK))
        self.source = {"source": f"podman:{path}"}

    def of(self, name: str, labels: dict[str, str] | None = None) -> float:
        return self.registry.get_sample_value(f"falcolab_containers_{name}_total", labels) or 0.0


def test_a_container_is_asked_for_once_and_the_host_never(tmp_path: Path) -> None:
    counted, state = Counted(tmp_path / "none.sock"), with_container()
    counted.watch.look(state, 1)
    counted.watch.look(state, 1)
    counted.watch.look(state, 2)
    assert counted.of("asked") == 1
    assert counted.watch.take() == b""


def test_a_socket_that_vanishes_is_said_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "podman.sock"
    counted = Counted(path)
    counted.watch.start()
    with caplog.at_level(logging.WARNING):
        with deaf(path):
            counted.watch.look(with_container(), 1)
            wait_for(lambda: counted.of("failed", counted.source) >= 1)
        path.unlink()
        before = counted.of("failed", counted.source)
        wait_for(lambda: counted.of("failed", counted.source) > before)
        counted.watch.close()
    assert str(path) in caplog.text
    assert counted.watch.take() == b""
