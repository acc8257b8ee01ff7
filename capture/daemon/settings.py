"""The daemon's configuration, ``capture.yaml``.

Every key has a default but the lake and the rules; a key that is not known is an error that names it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


def _power_of_two(number: int) -> int:
    if number & (number - 1):
        raise ValueError("must be a power of two")
    return number


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
    ring_mb: Annotated[int, Field(gt=0, le=1024), AfterValidator(_power_of_two)] = 32
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
    port: Annotated[int, Field(ge=0, le=65535)] = 9765
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
        root: where the host's root folder is mounted, for a daemon in a pod; sockets are looked for there.
        kubernetes: whether the Kubernetes API is asked for labels, too.
        kubeconfig: the way to it; None takes the service account of the pod that the daemon runs in.
    """

    enabled: bool = True
    cri: tuple[Path, ...] = (
        Path("/run/containerd/containerd.sock"),
        Path("/run/k3s/containerd/containerd.sock"),
        Path("/run/crio/crio.sock"),
    )
    podman: tuple[Path, ...] = (Path("/run/podman/podman.sock"),)
    docker: tuple[Path, ...] = (Path("/var/run/docker.sock"),)
    root: Path | None = None
    kubernetes: bool = False
    kubeconfig: Path | None = None


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
        drop_privileges: whether all capabilities are given up once the probe is loaded.
    """

    lake: Path
    journal: Path | None = None
    rules: Annotated[tuple[Path, ...], Field(min_length=1)]
    min_priority: str = "debug"
    matching: Literal["first", "all"] = "first"
    drop_privileges: bool = True
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
