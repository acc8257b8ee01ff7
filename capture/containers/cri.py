"""The Container Runtime Interface: containerd and CRI-O as the kubelet speaks to them.

gRPC with generic calls: see :mod:`capture.containers.protobuf`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from capture.containers.container import Container, Runtime
from capture.containers.cri_container import container_of, sandbox_of
from capture.containers.cri_messages import CALLS, CLASSES, SERVICE
from capture.containers.limits import MAX_ANSWER
from capture.containers.source import TIMEOUT, SourceError

_RUNTIMES = {"containerd": Runtime.CONTAINERD, "cri-o": Runtime.CRIO}
_ABSENT = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED)
"""Not known; or there is no CRI at this socket, as docker's containerd has it: nothing is known either."""

_RECONNECT_MS = 500
_OPTIONS = (
    ("grpc.default_authority", "localhost"),  # servers in Go refuse the path of a socket as a name
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", _RECONNECT_MS),
    ("grpc.min_reconnect_backoff_ms", _RECONNECT_MS),
    ("grpc.max_reconnect_backoff_ms", _RECONNECT_MS),  # up to two minutes otherwise
    ("grpc.max_receive_message_length", MAX_ANSWER),
    ("grpc.enable_http_proxy", 0),
)


class CriSource:
    """Asks a runtime of Kubernetes.

    Args:
        socket: where it listens.
        timeout: seconds for each of up to four calls.
    """

    def __init__(self, socket: Path, timeout: float = TIMEOUT) -> None:
        self.name = f"cri:{socket}"
        self.socket = socket
        self._timeout = timeout
        self._channel = grpc.insecure_channel(f"unix:{socket}", options=_OPTIONS)
        self._calls = {name: self._stub(name) for name in CALLS}

    def _stub(self, name: str) -> Any:
        request, response = CALLS[name]
        return self._channel.unary_unary(
            SERVICE + name,
            request_serializer=CLASSES[request].SerializeToString,
            response_deserializer=CLASSES[response].FromString,
        )

    def lookup(self, full_id: str, /) -> Container | None:
        """What the runtime knows of a container or of the sandbox of a pod.

        Raises:
            SourceError: it could not be asked.
        """
        listed = self._call("ListContainers", filter=CLASSES["ContainerFilter"](id=full_id))
        sandbox_id = next((each.pod_sandbox_id for each in listed.containers if each.id == full_id), "")
        sandbox = self._call("PodSandboxStatus", pod_sandbox_id=sandbox_id or full_id, verbose=True)
        if not sandbox_id:
            return sandbox_of(sandbox, self._runtime()) if sandbox.status.id == full_id else None
        answer = self._call("ContainerStatus", container_id=full_id, verbose=True)
        return container_of(answer, sandbox, self._runtime()) if answer.status.id == full_id else None

    def _runtime(self) -> Runtime:
        # Asked every time: another runtime may serve the socket after an upgrade.
        return _RUNTIMES.get(self._call("Version").runtime_name, Runtime.CRI)

    def _call(self, name: str, **fields: Any) -> Any:
        """The answer to a call; an empty one if the runtime does not know what was asked for."""
        request, response = CALLS[name]
        try:
            return self._calls[name](CLASSES[request](**fields), timeout=self._timeout)
        except grpc.RpcError as error:
            if error.code() in _ABSENT:
                return CLASSES[response]()
            raise SourceError(self.name, f"{name}: {error.code().name}: {error.details()}") from error

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()
