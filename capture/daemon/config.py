"""The daemon's configuration, ``capture.yaml``.

Every key has a default but the lake and the rules; a key that is not known is an error that names it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from falcolab.errors import InputError

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
_PAGE = 4096


class Section(BaseModel):
    """A part of the configuration: nothing but its keys, and no changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Syscalls(Section):
    """Recording of system calls.

    Attributes:
        enabled: whether they are recorded.
        ring_mb: memory of the ring between kernel and daemon, a power of two.
        extra_calls: calls that are recorded though no rule needs them.
        exclude_processes: ids of processes that are not recorded.
    """

    enabled: bool = True
    ring_mb: Annotated[int, Field(gt=0, le=1024)] = 32
    extra_calls: tuple[str, ...] = ()
    exclude_processes: tuple[int, ...] = ()


class Webhook(Section):
    """The endpoint for the API server's audit webhook.

    Attributes:
        host, port: where it listens.
        certificate, key: of the server, PEM.
        client_ca: authority for the certificates of clients; with it a certificate is asked for.
        client_names: common names that they may have; none means any.
        token_file: bearer tokens, one a line.
    """

    host: str = "0.0.0.0"  # noqa: S104 - the API server is on another machine as a rule
    port: Annotated[int, Field(ge=0, le=65535)] = 9443
    certificate: Path
    key: Path
    client_ca: Path | None = None
    client_names: tuple[str, ...] = ()
    token_file: Path | None = None


class Audit(Section):
    """Kubernetes audit events.

    Attributes:
        webhook: the endpoint; None without.
        log: an audit log that is followed; None without.
    """

    webhook: Webhook | None = None
    log: Path | None = None


class Containers(Section):
    """Where names, images and pods of containers are asked for.

    Attributes:
        enabled: whether they are.
        cri, podman, docker: sockets; those that do not exist are passed over.
        kubernetes: whether the Kubernetes API is asked for labels, with the pod's service account or a
            kubeconfig.
    """

    enabled: bool = True
    cri: tuple[Path, ...] = (
        Path("/run/containerd/containerd.sock"),
        Path("/run/k3s/containerd/containerd.sock"),
        Path("/run/crio/crio.sock"),
    )
    podman: tuple[Path, ...] = (Path("/run/podman/podman.sock"),)
    docker: tuple[Path, ...] = (Path("/var/run/docker.sock"),)
    kubernetes: bool = False


class Rotation(Section):
    """When what was recorded becomes Parquet.

    Attributes:
        mb: as soon as the journal has so many megabytes.
        seconds: or is so old.
        events: or the rows in memory are so many.
    """

    mb: Count = 64
    seconds: Seconds = 300
    events: Count = 500_000


class Retention(Section):
    """How long the lake keeps events; None keeps them for good.

    Attributes:
        days, gb: older parts go, and the oldest while the lake is larger.
        compact_at: so many small captures are joined.
    """

    days: Seconds | None = 7
    gb: Seconds | None = 10
    compact_at: Annotated[int, Field(ge=2)] = 16


class Http(Section):
    """A URL to which every alert is posted.

    Attributes:
        url: where.
        timeout: seconds for an answer.
    """

    url: str
    timeout: Seconds = 5.0


class Outputs(Section):
    """Where alerts go, in Falco's JSON.

    Attributes:
        stdout: a line each to standard output.
        file: a line each at the end of a file; None without.
        http: posted one by one; None without.
        append_suggested: whether Falco's fields of containers and pods are appended, as Falco does.
    """

    stdout: bool = True
    file: Path | None = None
    http: Http | None = None
    append_suggested: bool = True


class Status(Section):
    """The endpoint for health and metrics.

    Attributes:
        host, port: where ``/healthz`` and ``/metrics`` are served; port 0 lets the system choose.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765


class SecretPattern(Section):
    """Something that is redacted beside what is by default.

    Attributes:
        name: for people.
        expression: RE2, with one group around the secret.
        places: where it is looked for.
    """

    name: str
    expression: str
    places: tuple[Literal["arguments", "environment", "audit"], ...] = ("arguments", "environment")


class Config(Section):
    """The whole configuration.

    Attributes:
        lake: folder of the lake.
        journal: folder of the journal; beside the lake by default.
        rules: rules files and folders, in order.
        min_priority: less severe rules stay off.
        matching: whether only the ``first`` rule that holds fires, as in Falco, or ``all``.
    """

    lake: Path
    journal: Path | None = None
    rules: Annotated[tuple[Path, ...], Field(min_length=1)]
    min_priority: str = "debug"
    matching: Literal["first", "all"] = "first"
    syscalls: Syscalls = Syscalls()
    audit: Audit = Audit()
    containers: Containers = Containers()
    rotation: Rotation = Rotation()
    retention: Retention = Retention()
    redact: tuple[SecretPattern, ...] = ()
    outputs: Outputs = Outputs()
    status: Status = Status()

    @property
    def journal_folder(self) -> Path:
        """Where the journal is."""
        return self.journal or self.lake.with_name(self.lake.name + ".journal")


def read_config(path: Path) -> Config:
    """The configuration in a file.

    Raises:
        InputError: the file cannot be read, is no YAML, or says something wrong; the text names the place.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no YAML: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: a mapping is expected, such as 'lake: /var/lib/falcolab/lake'")
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise InputError("\n".join(_told(path, problem) for problem in error.errors())) from None


def _told(path: Path, problem: Any) -> str:
    place = ".".join(map(str, problem["loc"]))
    message = "there is no such key" if problem["type"] == "extra_forbidden" else problem["msg"]
    return f"{path}: {place}: {message}"
