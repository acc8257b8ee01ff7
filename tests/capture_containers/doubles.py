"""Sources that do as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from capture.containers import Container, Runtime, SourceError


def container(full_id: str, **known: object) -> Container:
    """A container of which there is no more to be found, unless told otherwise."""
    values: dict[str, object] = {"runtime": Runtime.PODMAN, "full_id": full_id, "ip": "10.0.0.1"}
    return Container(**(values | known))  # type: ignore[arg-type]


@dataclass
class FakeSource:
    """A runtime that knows what it is given.

    Attributes:
        known: by full id.
        fails: whether it cannot be asked.
        asked: the ids that it was asked for.
        gate: a question waits until it is open.
    """

    name: str = "fake"
    socket: Path = Path("/")
    known: dict[str, Container] = field(default_factory=dict)
    fails: bool = False
    asked: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    closed: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    def lookup(self, full_id: str, /) -> Container | None:
        """What it knows."""
        self.asked.append(full_id)
        self.gate.wait(10)
        if self.fails:
            raise SourceError(self.name, "out of order")
        return self.known.get(full_id)

    def close(self) -> None:
        """Remember that."""
        self.closed = True


@dataclass
class FakeCompletion:
    """Completes as it is told; None: not known yet."""

    completing: Callable[[Container], Container | None]
    name: str = "fake-api"
    asked: int = 0

    def complete(self, container: Container, /) -> Container | None:
        """What it knows."""
        self.asked += 1
        return self.completing(container)

    def close(self) -> None:
        """Nothing to close."""
