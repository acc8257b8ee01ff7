"""``/healthz``, ``/livez`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_WELL, _ILL = 200, 503


def routes(
    problems: Callable[[], list[str]], is_alive: Callable[[], bool], registry: CollectorRegistry
) -> list[Route]:
    """The routes.

    What is wrong with a disk or a rules file is not mended by a new start, so that it makes a daemon ill
    and not dead.

    Args:
        problems: what is wrong now; nothing where all is well.
        is_alive: whether the daemon does its work.
        registry: the metrics.
    """

    async def health(_request: Request) -> Response:
        found = problems()
        status = {"status": "failing" if found else "ok", "problems": found}
        return JSONResponse(status, _ILL if found else _WELL)

    async def life(_request: Request) -> Response:
        alive = is_alive()
        return JSONResponse({"status": "ok" if alive else "stuck"}, _WELL if alive else _ILL)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", health), Route("/livez", life), Route("/metrics", metrics)]
