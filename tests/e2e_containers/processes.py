"""Servers that run while a test does."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from capture.containers import Lookups

_READY_SECONDS = 30.0
_END_SECONDS = 20.0


@contextlib.contextmanager
def serving(
    command: Sequence[str | Path], log: Path, is_ready: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """A server, from when it is ready until the end of the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        wait_for(is_ready, lambda: f"{command[0]} is not ready: {log.read_text()[-2000:]}")
        yield process
    finally:
        process.terminate()
        process.wait(_END_SECONDS)


def wait_for(
    condition: Callable[[], bool],
    complaint: Callable[[], str] = lambda: "in vain",
    seconds: float = _READY_SECONDS,
) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.05)


def output_of(*command: str | Path) -> str:
    """What a command prints, with what it complains about if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


def taken(lookups: Lookups, count: int) -> list[bytes]:
    """So many blocks, as soon as there are."""
    blocks: list[bytes] = []

    def enough() -> bool:
        blocks.extend(lookups.take())
        return len(blocks) >= count

    wait_for(enough, lambda: f"{len(blocks)} blocks where {count} should come")
    return blocks
