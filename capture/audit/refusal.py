"""Answers to requests that are not taken. What they say names nothing secret and nothing that was sent."""

from __future__ import annotations

import math

from starlette.responses import JSONResponse


class RefusedError(Exception):
    """A request is not taken.

    Args:
        status: of the answer.
        reason: one word for the metrics.
        message: for who reads the API server's log.
        headers: of the answer.
    """

    def __init__(self, status: int, reason: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse({"error": self.message}, self.status, self.headers)


def unauthorized(message: str) -> RefusedError:
    """Who asks has not shown that they may."""
    return RefusedError(401, "unauthorized", message, {"www-authenticate": "Bearer"})


def too_large(message: str) -> RefusedError:
    """There is more than may be."""
    return RefusedError(413, "too_large", message)


def too_slow(message: str) -> RefusedError:
    """A body did not come in the time it may take."""
    return RefusedError(408, "slow", message)


def unusable(message: str) -> RefusedError:
    """What was sent is no audit events."""
    return RefusedError(400, "unusable", message)


def busy(retry_after: float) -> RefusedError:
    """There is no room now. The API server sends the batch again after the time given, in seconds."""
    return RefusedError(429, "busy", "busy, send it again", _after(retry_after))


def unstorable() -> RefusedError:
    """The sink cannot store anything now; with a time to wait the API server tries again for longer."""
    return RefusedError(503, "unstorable", "events cannot be stored now, send them again", _after(5))


def _after(seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(seconds)))}
