"""Real servers at unix sockets that give recorded answers: HTTP as podman and docker, gRPC as containerd."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import grpc

from capture.containers.cri_messages import CALLS, CLASSES, SERVICE
from tests.capture_containers.answers import recorded


@dataclass
class Replies:
    """What a server answers, by path; other paths are unknown to it.

    Attributes:
        asked: the paths that were asked for.
        delay: seconds before each answer.
    """

    bodies: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    delay: float = 0.0


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    replies: Replies


class HttpHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any  # with replies

    def do_GET(self) -> None:
        replies = self.server.replies
        replies.asked.append(self.path)
        time.sleep(replies.delay)
        status, body = replies.bodies.get(self.path, (404, recorded("unknown.json")))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # who asked may have given up
            self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def http_at(socket: Path, replies: Replies) -> Iterator[None]:
    """A server of HTTP; its socket goes with it."""
    with _UnixServer(str(socket), HttpHandler) as server:
        server.replies = replies
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield
        server.shutdown()
        thread.join()
    socket.unlink()


@dataclass(frozen=True)
class Refused:
    """A call that fails."""

    code: grpc.StatusCode
    reason: str = "no"


Reply = bytes | Refused | Callable[[Any], bytes | Refused]
"""An answer's bytes, or what gives them for a request."""


@contextlib.contextmanager
def cri_at(socket: Path, replies: Mapping[str, Reply]) -> Iterator[None]:
    """A server of the CRI; calls that are not named are refused as unimplemented."""
    handlers = {name: _handler(name, reply) for name, reply in replies.items()}
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        service = SERVICE.strip("/")
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        yield
        server.stop(0).wait()
    socket.unlink(missing_ok=True)


def _handler(name: str, reply: Reply) -> Any:
    def answer(request: Any, context: Any) -> bytes:
        given = reply(request) if callable(reply) else reply
        if isinstance(given, Refused):
            context.abort(given.code, given.reason)
        assert isinstance(given, bytes)
        return given

    request, _ = CALLS[name]
    return grpc.unary_unary_rpc_method_handler(answer, request_deserializer=CLASSES[request].FromString)


def recorded_cri() -> dict[str, Reply]:
    """A containerd with one pod, as it was recorded."""
    listed = CLASSES["ListContainersResponse"].FromString(recorded("ListContainers.binpb"))
    known = {each.id for each in listed.containers}
    sandboxes = {each.pod_sandbox_id for each in listed.containers}
    missing = Refused(grpc.StatusCode.NOT_FOUND, "an error occurred when try to find it: not found")
    return {
        "Version": recorded("Version.binpb"),
        "ListContainers": lambda request: (
            recorded("ListContainers.binpb") if request.filter.id in known else b""
        ),
        "ContainerStatus": lambda request: (
            recorded("ContainerStatus.binpb") if request.container_id in known else missing
        ),
        "PodSandboxStatus": lambda request: (
            recorded("PodSandboxStatus.binpb") if request.pod_sandbox_id in sandboxes else missing
        ),
    }
