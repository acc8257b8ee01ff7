"""The endpoint to which the API server's audit webhook sends its batches.

Starlette gives routes, 405 and streaming of bodies and leaves the rest to us; the daemon puts its
other routes beside this one in the same server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from capture.audit.access import Access
from capture.audit.batch import Batch, TooManyError
from capture.audit.body import read_body
from capture.audit.intake import Intake, Taken
from capture.audit.refusal import RefusedError, busy, too_large, unstorable, unusable
from capture.audit.sink import UNSTORABLE, Busy

_LOG = logging.getLogger(__name__)
_SOURCE = "webhook"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and all at once, may cost.

    Attributes:
        body_bytes: of a body, as sent and uncompressed. The API server sends up to 10 MiB and a bit if
            it is told to truncate (``--audit-webhook-truncate-enabled``).
        body_seconds: for a body to come.
        events: in one body; the API server puts 400 into one by default.
        waiting: requests whose bodies are read or stored at a time, others are told to come again.
    """

    body_bytes: int = 16 * 2**20
    body_seconds: float = 20.0
    events: int = 10_000
    waiting: int = 4


class AuditWebhook:
    """Takes batches, and answers 200 once their events are durable.

    Args:
        intake: takes them.
        access: who may send.
        limits: what a request may cost.
    """

    def __init__(self, intake: Intake, access: Access, limits: Limits | None = None) -> None:
        self._intake = intake
        self._access = access
        self._limits = limits or Limits()
        self._waiting = 0
        # One body at a time: a hostile one, full of tiny values, takes 40 times its size while it is read.
        self._reading = threading.Lock()

    def route(self, path: str = "/k8s-audit") -> Route:
        """Its place in a server."""
        return Route(path, self._answer, methods=["POST"])

    async def _answer(self, request: Request) -> Response:
        try:
            self._access.check(request)
            with self._turn():
                taken = await self._take(request)
        except RefusedError as refused:
            self._intake.metrics.refused.labels(refused.reason).inc()
            return refused.response()
        except ClientDisconnect:
            self._intake.metrics.refused.labels("disconnected").inc()
            return Response(status_code=400)
        return JSONResponse({"events": taken.events, "duplicates": taken.duplicates})

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._waiting >= self._limits.waiting:
            raise busy(1)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _take(self, request: Request) -> Taken:
        body = await read_body(request, self._limits.body_bytes, self._limits.body_seconds)
        # Off the event loop: storing waits for the disk. A client that goes away does not stop it,
        # and sends the batch again, whose events are known by then.
        return await asyncio.to_thread(self._store, body)

    def _store(self, body: bytes) -> Taken:
        try:
            return self._intake.take(self._batch(body), "webhook", _SOURCE)
        except Busy as full:
            raise busy(full.retry_after) from None
        except UNSTORABLE as error:
            _LOG.error("audit webhook: events cannot be stored: %s", error)
            raise unstorable() from None

    def _batch(self, body: bytes) -> Batch:
        try:
            with self._reading:
                batch = Batch.of(body, self._limits.events)
        except TooManyError:
            raise too_large(f"the body holds more than {self._limits.events} events") from None
        if batch.rejected and not batch.events:
            raise unusable(f"no audit event: {batch.rejected[0].reason}")
        return batch
