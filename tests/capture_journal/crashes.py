"""A daemon in small that is killed over and over: python -m tests.capture_journal.crashes FOLDER KILLS SEED.

Each life appends events as fast as it can, tells which of them it has acknowledged, rotates and
delivers; then it is killed, at a random moment. Prints, as JSON lines, the acknowledged
numbers and what the next life recovered.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from itertools import count
from pathlib import Path

from capture.journal import AUDIT, AuditSink, Journal, deliver_all
from tests.lake.events import event, line

_BATCH = 20
_SEGMENT = 200_000
_BACKLOG = 2


def live(folder: Path, life: int, told: int) -> None:
    """Write, acknowledge and rotate in one thread, deliver in another, until the end comes."""
    journal = Journal(folder / "journal")
    os.write(told, b"".join(b"recovered %s\n" % str(each).encode() for each in journal.recovered))
    threading.Thread(target=deliver_on, args=(journal, folder / "lake"), daemon=True).start()
    sink = AuditSink(journal)
    for batch in count():
        first = (life * 100_000 + batch) * _BATCH
        sink.accept([line(event(number)).strip() for number in range(first, first + _BATCH)])
        os.write(told, b"batch %d\n" % first)
        if journal.size > _SEGMENT:
            while len(journal.sealed()) > _BACKLOG:
                time.sleep(0.001)
            journal.rotate()


def deliver_on(journal: Journal, lake: Path) -> None:
    """Deliver whatever is sealed."""
    while True:
        for _ in deliver_all(journal, lake, [AUDIT]):
            pass
        time.sleep(0.001)


def one_life(folder: Path, life: int, seconds: float) -> list[str]:
    """Let a process live for a while; gives the lines that it has told."""
    listened, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listened)
        live(folder, life, told)
    os.close(told)
    os.set_blocking(listened, False)
    lines, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(min(0.002, max(0.0, until - time.monotonic())))
        lines += _heard(listened)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines += _heard(listened)
    os.close(listened)
    return lines.decode().splitlines()


def _heard(pipe: int) -> bytes:
    try:
        return os.read(pipe, 1 << 20)
    except BlockingIOError:
        return b""


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill so many lives; then deliver what is left and tell what there has been."""
    chance = random.Random(seed)
    said = [one_life(folder, life, chance.uniform(0.02, 0.35)) for life in range(kills)]
    with Journal(folder / "journal") as journal:
        left = [str(each) for each in journal.recovered]
        delivered = [each.damage for each in deliver_all(journal, folder / "lake", [AUDIT])]
    lines = [each for life in said for each in life]
    batches = [int(each.split()[1]) for each in lines if each.startswith("batch")]
    acknowledged = [event(number)["auditID"] for first in batches for number in range(first, first + _BATCH)]
    recovered = [each for each in lines if each.startswith("recovered")] + left
    report = {
        "acknowledged": acknowledged,
        "recovered": recovered,
        "damage": [each for each in delivered if each],
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
