"""The Kubernetes API: the present labels of a pod, and those of its namespace.

A runtime knows the labels that a pod was created with; the API knows today's. Falco asks nobody else
than the runtime for them. The ``kubernetes`` client is loaded only where this is used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.containers.container import POD_NAME, POD_NAMESPACE, POD_UID, Container
from capture.containers.source import TIMEOUT, SourceError
from falcolab.errors import InputError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_NOT_FOUND = 404
_STATIC_POD = "kubernetes.io/config.hash"
_NOT_UNDERSTOOD = (ValueError, TypeError, AttributeError)
"""What the client raises for an answer of another form."""

_NAMESPACES = 1024
_NAMESPACE_SECONDS = 300.0


class KubernetesPods:
    """Asks an API server about pods.

    Needs ``get`` on ``pods`` and ``namespaces``. Only containers that a runtime of Kubernetes told of
    are asked for: labels by which a container of docker or podman claims to be in a pod prove nothing.

    Args:
        client: a client of the package ``kubernetes``, set up.
        timeout: seconds for connecting, and for each piece of an answer.
    """

    name = "kubernetes"

    def __init__(self, client: ApiClient, timeout: float = TIMEOUT) -> None:
        from kubernetes.client import CoreV1Api  # noqa: PLC0415 (half a second and 30 MB)

        self._client = client
        self._api = CoreV1Api(client)
        self._timeout = timeout
        self._namespaces: dict[str, tuple[float, dict[str, str]]] = {}

    @classmethod
    def connect(cls, kubeconfig: Path | None = None, timeout: float = TIMEOUT) -> KubernetesPods:
        """Set up a client from a file; without one, by the service account of the pod that this runs in.

        Raises:
            InputError: the package is not installed, or there is no such file or account.
        """
        try:
            from kubernetes import client, config  # noqa: PLC0415 (as above)
        except ImportError as error:
            raise InputError("labels from Kubernetes need the package: pip install kubernetes") from error
        settings = client.Configuration()
        try:
            if kubeconfig is None:
                config.load_incluster_config(client_configuration=settings)
            else:
                config.load_kube_config(str(kubeconfig), client_configuration=settings)
        except (config.ConfigException, OSError) as error:
            raise InputError(f"no access to the Kubernetes API: {error}") from error
        settings.retries = False  # failures are counted here, and tried again later
        return cls(client.ApiClient(settings), timeout)

    def complete(self, container: Container, /) -> Container | None:
        """The container with the labels that its pod and its namespace have now; None: no such pod (yet).

        Raises:
            SourceError: the API could not be asked.
        """
        name, namespace, uid = (container.labels.get(key, "") for key in (POD_NAME, POD_NAMESPACE, POD_UID))
        if not (container.sandbox_id and name and namespace):
            return container
        pod = self._ask(self._api.read_namespaced_pod, name, namespace)
        if pod is None or uid not in (pod.metadata.uid, (pod.metadata.annotations or {}).get(_STATIC_POD)):
            return None
        return replace(
            container,
            ip=container.ip or pod.status.pod_ip or "",
            pod_labels={**container.pod_labels, **_texts(pod.metadata.labels)},
            namespace_labels=self._namespace_labels(namespace),
        )

    def _namespace_labels(self, name: str) -> dict[str, str]:
        """The labels of a namespace, of at most five minutes ago."""
        now = time.monotonic()
        asked, labels = self._namespaces.get(name, (now - _NAMESPACE_SECONDS, {}))
        if asked + _NAMESPACE_SECONDS <= now:
            namespace = self._ask(self._api.read_namespace, name)
            labels = {} if namespace is None else _texts(namespace.metadata.labels)
            if len(self._namespaces) >= _NAMESPACES:
                self._namespaces = {}
            self._namespaces[name] = now, labels
        return labels

    def _ask(self, call: Any, *names: str) -> Any:
        """The object of that name; None if there is none."""
        from kubernetes.client import ApiException  # noqa: PLC0415 (as above)
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 (comes with it)

        try:
            found = call(*names, _request_timeout=(self._timeout, self._timeout))
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise SourceError(self.name, f"status {error.status}: {error.reason}") from error
        except (HTTPError, OSError, *_NOT_UNDERSTOOD) as error:
            raise SourceError(self.name, str(error) or type(error).__name__) from error
        if found.metadata is None:
            raise SourceError(self.name, "an answer without metadata")
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _texts(labels: Mapping[str, object] | None) -> dict[str, str]:
    return {name: value for name, value in (labels or {}).items() if isinstance(value, str)}
