"""``/healthz`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_WELL, _ILL = 200, 503


def routes(problems: Callable[[], list[str]], registry: CollectorRegistry) -> list[Route]:
    """The routes.

    Args:
        problems: what is wrong now; nothing where all is well.
        registry: the metrics.
    """

    async def health(_request: Request) -> Response:
        found = problems()
        status = {"status": "failing" if found else "ok", "problems": found}
        return JSONResponse(status, _ILL if found else _WELL)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", health), Route("/metrics", metrics)]
