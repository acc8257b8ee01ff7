"""Containers are looked up by threads of their own, so that no event ever waits for a runtime."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from capture.containers.block import container_block, removed_block
from capture.containers.container import SHORT_ID, Container
from capture.containers.finder import Answer, Finder
from capture.containers.memory import Memory
from capture.containers.metrics import Metrics
from capture.containers.outbox import Outbox
from capture.containers.schedule import Schedule
from capture.containers.settings import Settings
from capture.containers.source import Completion, Source

_FULL_ID = re.compile(rb"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
_CLOSE_SECONDS = 10.0
_MOST_DOUBLINGS = 32
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    """A container to be looked up, or one of which more is to be found.

    Attributes:
        told: what has been told of it; None if nothing has.
        tries: how often it was not known.
        rounds: how often it was tried at all.
    """

    full_id: str
    told: Container | None = None
    tries: int = 0
    rounds: int = 0

    @property
    def container_id(self) -> bytes:
        return self.full_id[:SHORT_ID].encode()


class Lookups:
    """Asks sources about containers, in the background.

    ::

        with Lookups(sources(Sockets()), metrics=Metrics(registry)) as lookups:
            lookups.ask(thread.container_id, thread.cgroups)    # as often as wanted; it never waits
            for block in lookups.take():                        # as often as wanted, too
                ...                                             # to the journal, and to the machine

    Args:
        found_by: the sources, in the order in which they are asked.
        metrics: what is counted.
        completion: knows more of a container that was found; what it adds makes a second block.
        settings: how patiently they are asked.
        clock: dates the blocks, in ns since 1970.
    """

    def __init__(
        self,
        found_by: Sequence[Source],
        *,
        metrics: Metrics,
        completion: Completion | None = None,
        settings: Settings | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings or Settings()
        self._metrics = metrics
        self._clock = clock
        self._finder = Finder(found_by, completion, metrics, self._settings.last_retry)
        self._memory = Memory(self._settings.remembered)
        self._outbox = Outbox()
        self._schedule: Schedule[_Job] = Schedule(self._settings.capacity)
        metrics.waiting.set_function(lambda: self._schedule.under_way)
        self._threads = [
            threading.Thread(target=self._work, name=f"containers-{number}", daemon=True)
            for number in range(self._settings.workers)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop the threads, after the requests that they have under way, and close the sources."""
        self._schedule.close()
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)
        self._finder.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, container_id: bytes, cgroups: Iterable[tuple[bytes, bytes]]) -> None:
        """Have a container looked up, unless that has been done; returns at once.

        Only containers with an id of 64 digits in their cgroup are known to the runtimes that are asked.

        Args:
            container_id: the short id, as threads have it.
            cgroups: pairs of subsystem and path, as threads have them.
        """
        if not self._memory.begin(container_id):
            return
        full_id = find_full_id(container_id, cgroups)
        if full_id is None:
            self._memory.rest(container_id, self._settings.unknown_for)
        elif self._schedule.put(_Job(full_id)):
            self._metrics.asked.inc()
        else:
            self._metrics.dropped.labels("question").inc()
            self._memory.forget(container_id)

    def take(self) -> list[bytes]:
        """The event blocks of what has been found since the last time, in order."""
        return self._outbox.take()

    def forget(self, container_id: bytes) -> None:
        """The container has gone, which a block says; nothing more is told of it unless it is asked for."""
        self._memory.forget(container_id)
        self._put(removed_block(container_id.decode(errors="replace"), self._clock()))

    def _work(self) -> None:
        while (job := self._schedule.take()) is not None:
            try:
                self._do(job)
            except Exception:  # a thread that ended would end the lookups of all containers
                _LOG.exception("the lookup of container %s has failed", job.full_id)
                self._metrics.failed.labels("falcolab").inc()
                self._memory.rest(job.container_id, self._settings.unknown_for)
            finally:
                self._schedule.done()

    def _do(self, job: _Job) -> None:
        if job.told is None:
            self._look(job)
        else:
            self._look_again(job, job.told)

    def _look(self, job: _Job) -> None:
        answer = self._finder.find(job.full_id)
        if answer.container is not None:
            self._metrics.found.labels(answer.source).inc()
            self._tell(job, answer.container)
            self._follow(answer.container)
        elif not self._try_again(job, failed=answer.failed):
            self._metrics.unknown.inc()
            self._memory.rest(job.container_id, self._settings.unknown_for)

    def _follow(self, told: Container) -> None:
        """Have another look at a container of which more may be known, now or soon."""
        if _lacks_address(told):
            self._schedule.put_again(_Job(told.full_id, told), self._settings.second_look)
        elif self._finder.completes(told):
            self._schedule.put_again(_Job(told.full_id, told), 0.0)

    def _look_again(self, job: _Job, told: Container) -> None:
        seen = (self._finder.find(job.full_id).container if _lacks_address(told) else None) or told
        answer = self._finder.complete(seen) if self._finder.completes(seen) else Answer(seen)
        whole = answer.container or seen
        if whole != told:
            self._metrics.completed.inc()
            self._tell(job, whole)
        if answer.container is None:
            self._try_again(replace(job, told=whole), failed=answer.failed)

    def _try_again(self, job: _Job, *, failed: bool) -> bool:
        """Have a job done once more, later; False after the last try. What failed is no try."""
        tries = job.tries + (not failed)
        if tries >= self._settings.tries:
            return False
        pause = self._settings.first_retry * 2.0 ** min(job.rounds, _MOST_DOUBLINGS)
        later = replace(job, tries=tries, rounds=job.rounds + 1)
        self._schedule.put_again(later, min(pause, self._settings.last_retry))
        return True

    def _tell(self, job: _Job, container: Container) -> None:
        """Make a block, unless the container has gone meanwhile."""
        if job.container_id not in self._memory:
            return
        metadata = container.metadata()
        if "truncated" in metadata:
            self._metrics.truncated.inc()
        if not self._put(container_block(metadata, self._clock())):
            self._memory.forget(job.container_id)

    def _put(self, block: bytes) -> bool:
        is_room = self._outbox.put(block)
        if not is_room:
            self._metrics.dropped.labels("answer").inc()
        return is_room


def find_full_id(container_id: bytes, cgroups: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The id of 64 digits that begins with a short one, from the paths of control groups."""
    if len(container_id) != SHORT_ID:
        return None
    ids = (full_id for _, path in cgroups for full_id in _FULL_ID.findall(path))
    return next((full_id.decode() for full_id in ids if full_id.startswith(container_id)), None)


def _lacks_address(container: Container) -> bool:
    """Whether a container has a network of its own and no address in it, as long as that is being made."""
    return not container.ip and not container.host_network
