"""The sources together: who knows a container is asked no further."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from capture.containers.access import Access
from capture.containers.container import Container
from capture.containers.metrics import Metrics
from capture.containers.source import Completion, Source, SourceError


class Answer(NamedTuple):
    """What came of a question.

    Attributes:
        container: None if nobody knows it.
        source: the name of who knows it.
        failed: whether somebody could not be asked who might know it.
    """

    container: Container | None
    source: str = ""
    failed: bool = False


class Finder:
    """Asks sources in order, and the completion about what they have found. Threads share it.

    Args:
        sources: in the order in which they are asked.
        completion: if anybody knows more than they do.
        metrics: counts what fails.
        longest_rest: seconds for which a source that fails is left alone.
    """

    def __init__(
        self, sources: Sequence[Source], completion: Completion | None, metrics: Metrics, longest_rest: float
    ) -> None:
        self._sources = [(each, Access(each.name, each.socket, metrics, longest_rest)) for each in sources]
        self._completion = completion
        name = completion.name if completion else ""
        self._completion_access = Access(name, None, metrics, longest_rest) if completion else None

    def find(self, full_id: str) -> Answer:
        """Who knows a container, and what they know."""
        failed = False
        for source, access in self._sources:
            try:
                found = access.ask(partial(source.lookup, full_id))
            except SourceError:  # which the access has counted and logged
                failed = True
                continue
            if found is not None:
                return Answer(found, source.name)
        return Answer(None, failed=failed)

    def completes(self, container: Container) -> bool:
        """Whether there may be somebody who knows more of a container."""
        return self._completion is not None and bool(container.sandbox_id)

    def complete(self, container: Container) -> Answer:
        """The container with what else is known; without a container: try again later."""
        if self._completion is None or self._completion_access is None:
            return Answer(container)
        try:
            whole = self._completion_access.ask(partial(self._completion.complete, container))
        except SourceError:  # which the access has counted and logged
            return Answer(None, failed=True)
        return Answer(whole, self._completion.name)

    def close(self) -> None:
        """Close all of them."""
        for source, _ in self._sources:
            source.close()
        if self._completion is not None:
            self._completion.close()
