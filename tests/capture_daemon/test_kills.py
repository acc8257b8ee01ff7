"""``kill -9`` of the daemon under load: what was journaled, and what was acknowledged, is in the lake once.

Files with numbers in their names are opened all the time, and audit events with numbers sent, again and
again until they are acknowledged. After every kill the journal is read: what it holds must arrive.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from capture.journal import Kind, SegmentReader
from capture.probe.requirements import missing
from falcolab import Lake
from tests.capture_daemon.conftest import Webhook
from tests.capture_daemon.running import Setup, there
from tests.e2e_containers.processes import wait_for
from tests.e2e_k8s.cluster import free_port

pytestmark = pytest.mark.kernel

_BATCH = 5
_ID = '"ka.auditid"'


@dataclass
class Load:
    """What is done all the time.

    Attributes:
        acknowledged: the numbers of audit events that were answered with 200.
        retries: how often a batch had to be sent again.
    """

    folder: Path
    webhook: Webhook
    acknowledged: set[int] = field(default_factory=set)
    retries: int = 0
    end: threading.Event = field(default_factory=threading.Event)

    def open_files(self) -> None:
        """One number after the other, some hundreds a second; only opening one names it with its folder."""
        folder, names = os.open(self.folder, os.O_RDONLY), map("falcolab-mark-{}".format, count())
        while not self.end.is_set():
            for name in islice(names, 10):
                os.close(os.open(self.folder / name, os.O_RDWR | os.O_CREAT))
                os.unlink(name, dir_fd=folder)
            time.sleep(0.01)
        os.close(folder)

    def send(self) -> None:
        """A batch is sent until it is acknowledged."""
        for first in count(0, _BATCH):
            while not self._sent(range(first, first + _BATCH)):
                self.retries += 1
                if self.end.wait(0.1):
                    return
            self.acknowledged.update(range(first, first + _BATCH))
            if self.end.wait(0.05):
                return

    def _sent(self, numbers: range) -> bool:
        try:
            return self.webhook.send(*numbers).status_code == 200
        except httpx.TransportError:
            return False

    def wait_for_an_answer(self) -> None:
        """Wait until one more batch is acknowledged."""
        before = len(self.acknowledged)
        wait_for(lambda: len(self.acknowledged) > before)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until the end of the block."""
        threads = [threading.Thread(target=each) for each in (self.open_files, self.send)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.end.set()
            for thread in threads:
                thread.join()


def journaled(journal: Path) -> Counter[int]:
    """The numbers of the files whose opening is in the journal, as often as it is there."""
    found: Counter[int] = Counter()
    opened = re.compile(re.escape(bytes(journal.parent)) + rb"/falcolab-mark-(\d+)\0")
    for path in sorted([*journal.glob("*.sealed"), *journal.glob("*.open")]):
        frames = (frame for frame in SegmentReader(path) if frame.kind == Kind.SYSCALL_EVENTS)
        found.update(int(number) for frame in frames for number in opened.findall(frame.payload))
    return found


def in_lake(lake: Path, query: str) -> Counter[Any]:
    found = Lake(lake).sql(query)
    return Counter(found["it"].tolist())


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.e2e)])
def test_nothing_that_was_safe_is_lost_or_doubled(tmp_path: Path, webhook: Webhook, kills: int) -> None:
    if (problem := missing()) is not None:
        pytest.skip(problem)
    seed = secrets.randbelow(10**6)
    chance = random.Random(seed)
    webhook.port = free_port()
    rotation = {"seconds": 0.8}
    setup = Setup(tmp_path, {"audit": {"webhook": webhook.settings}, "rotation": rotation})
    load, safe = Load(tmp_path, webhook), set[int]()
    with load.running():
        for life in range(kills):
            with there(setup) as daemon:
                if life % 2 == 0:  # every other one is killed at whatever moment
                    load.wait_for_an_answer()
                time.sleep(chance.uniform(0.05, 2.5))
                daemon.process.kill()
                daemon.process.wait()
            safe |= journaled(tmp_path / "lake.journal").keys()
    with there(setup) as daemon:
        recovered = daemon.metric("falcolab_journal_recovered_total")
        assert daemon.end() == 0
    told = f"seed {seed}"
    lake = Lake(setup.lake)
    assert lake.verify() == [], told
    assert journaled(tmp_path / "lake.journal") == Counter(), told
    assert not list((tmp_path / "lake.journal").glob("*.damaged")), told
    files = in_lake(
        setup.lake,
        f"""SELECT regexp_extract("fd.name", 'falcolab-mark-(\\d+)$', 1)::BIGINT AS it FROM events
           WHERE "evt.type" = 'openat' AND "fd.name" LIKE '{tmp_path}/falcolab-mark-%'""",
    )
    events = in_lake(
        setup.lake, f"""SELECT right({_ID}, 12)::BIGINT AS it FROM events WHERE {_ID} IS NOT NULL"""
    )
    assert len(safe) > 10 * kills, f"{told}: no load"
    assert load.retries > 0, f"{told}: no batch was ever refused"
    assert len(load.acknowledged) >= _BATCH * kills // 2, f"{told}: no audit events"
    assert recovered <= 1, told
    assert safe <= files.keys(), f"{told}: lost {sorted(safe - files.keys())[:10]}"
    assert load.acknowledged <= events.keys(), f"{told}: lost"
    assert set(files.values()) == {1}, f"{told}: doubled"
    assert set(events.values()) == {1}, f"{told}: doubled"
