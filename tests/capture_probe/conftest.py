"""A loaded probe for the tests that need a kernel; where it cannot run they are skipped and say why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capture.probe.calls import CALLS
from capture.probe.probe import Probe
from capture.probe.requirements import missing
from tests.capture_probe.recorder import Recorder

NOISY = ("mmap", "munmap", "brk", "mprotect", "epoll_wait", "select", "stat", "lstat", "fstat", "newfstatat")
"""Calls that every program makes all the time and that no test asks for."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "kernel: loads the probe into the running kernel, which needs root")


@pytest.fixture(scope="session")
def machine_can() -> None:
    if (problem := missing()) is not None:
        pytest.skip(problem)


@pytest.fixture(scope="session")
def recorder(machine_can: None) -> Iterator[Recorder]:
    calls = [*(name for name in CALLS if name not in NOISY), "getpriority"]
    with Probe(calls, ring_size=64 * 1024 * 1024) as probe:
        probe.attach()
        yield Recorder(probe)
