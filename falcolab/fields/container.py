"""Fields of containers and pods, as Falco's container plugin provides them."""

from __future__ import annotations

from falcolab.fields.field import Arg, Field
from falcolab.fields.types import Type

CONTAINER: tuple[Field, ...] = (
    Field(
        "container.id",
        Type.CHARBUF,
        "Short ID of the container, usually 12 characters, or `host` outside of containers.",
    ),
    Field(
        "container.full_id", Type.CHARBUF, "Complete ID of the container, or `host` outside of containers."
    ),
    Field("container.name", Type.CHARBUF, "Name of the container, or `host` outside of containers."),
    Field(
        "container.image", Type.CHARBUF, "Image of the container as its runtime names it, usually with a tag."
    ),
    Field("container.image.id", Type.CHARBUF, "ID of the image that the container was made from."),
    Field(
        "container.type",
        Type.CHARBUF,
        "Runtime of the container, such as `docker` or `containerd`, or `host`.",
    ),
    Field("container.privileged", Type.BOOL, "Whether the container runs in privileged mode."),
    Field(
        "container.mounts",
        Type.CHARBUF,
        "Mounts as `source:destination:mode:writable:propagation`, joined by commas.",
    ),
    Field(
        "container.mount",
        Type.CHARBUF,
        "One mount, chosen by position or by a pattern of its source.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field(
        "container.mount.source",
        Type.CHARBUF,
        "Source of one mount, chosen by position or by a pattern of its destination.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field(
        "container.mount.dest",
        Type.CHARBUF,
        "Destination of one mount, chosen by position or by a pattern of its source.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field(
        "container.mount.mode",
        Type.CHARBUF,
        "Mode of one mount, chosen by position or by a pattern of its source.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field(
        "container.mount.rdwr",
        Type.CHARBUF,
        "Whether one mount is writable, chosen by position or by a pattern of its source.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field(
        "container.mount.propagation",
        Type.CHARBUF,
        "Propagation of one mount, chosen by position or by a pattern of its source.",
        arg=Arg.INDEX_OR_KEY,
    ),
    Field("container.image.repository", Type.CHARBUF, "Image of the container without its tag and digest."),
    Field("container.image.tag", Type.CHARBUF, "Tag of the container's image, such as `latest`."),
    Field("container.image.digest", Type.CHARBUF, "Digest of the container's image in its registry."),
    Field(
        "container.healthcheck",
        Type.CHARBUF,
        "Formerly the command that checks the container's health; always absent today.",
    ),
    Field(
        "container.liveness_probe",
        Type.CHARBUF,
        "Formerly the command of the liveness probe; always absent today.",
    ),
    Field(
        "container.readiness_probe",
        Type.CHARBUF,
        "Formerly the command of the readiness probe; always absent today.",
    ),
    Field(
        "container.start_ts",
        Type.ABSTIME,
        "Start of the container in nanoseconds since the Unix epoch, by its PID namespace.",
    ),
    Field(
        "container.duration", Type.RELTIME, "Nanoseconds between the start of the container and the event."
    ),
    Field("container.ip", Type.CHARBUF, "IPv4 address of the container or of its pod."),
    Field("container.cni.json", Type.CHARBUF, "Network set-up of the container or of its pod as JSON text."),
    Field("container.host_pid", Type.BOOL, "Whether the container shares the PID namespace of the host."),
    Field(
        "container.host_network", Type.BOOL, "Whether the container shares the network namespace of the host."
    ),
    Field("container.host_ipc", Type.BOOL, "Whether the container shares the IPC namespace of the host."),
    Field("container.label", Type.CHARBUF, "Value of the named label of the container.", arg=Arg.KEY),
    Field("container.labels", Type.CHARBUF, "Labels of the container as `name:value`, joined by commas."),
    Field(
        "proc.is_container_healthcheck",
        Type.BOOL,
        "Formerly whether the process is a health check; always absent today.",
    ),
    Field(
        "proc.is_container_liveness_probe",
        Type.BOOL,
        "Formerly whether the process is a liveness probe; always absent today.",
    ),
    Field(
        "proc.is_container_readiness_probe",
        Type.BOOL,
        "Formerly whether the process is a readiness probe; always absent today.",
    ),
    Field("k8s.pod.name", Type.CHARBUF, "Name of the pod that the container belongs to."),
    Field("k8s.ns.name", Type.CHARBUF, "Name of the namespace that the container's pod is in."),
    Field("k8s.pod.id", Type.CHARBUF, "Same value as `k8s.pod.uid`: the unique ID of the pod."),
    Field("k8s.pod.uid", Type.CHARBUF, "Unique ID that Kubernetes gave the pod."),
    Field(
        "k8s.pod.sandbox_id", Type.CHARBUF, "First 12 characters of the ID of the pod's sandbox container."
    ),
    Field("k8s.pod.full_sandbox_id", Type.CHARBUF, "Complete ID of the pod's sandbox container."),
    Field("k8s.pod.label", Type.CHARBUF, "Value of the named label of the pod.", arg=Arg.KEY),
    Field("k8s.pod.labels", Type.CHARBUF, "Labels of the pod as `name:value`, joined by commas."),
    Field("k8s.pod.ip", Type.CHARBUF, "IPv4 address that all containers of the pod share."),
    Field("k8s.pod.cni.json", Type.CHARBUF, "Network set-up of the pod's sandbox as JSON text."),
    Field(
        "k8s.rc.name",
        Type.CHARBUF,
        "Name of the replication controller of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.rc.id",
        Type.CHARBUF,
        "ID of the replication controller of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.rc.label",
        Type.CHARBUF,
        "Named label of the pod's replication controller; always absent, as Falco does not look it up.",
        arg=Arg.KEY,
    ),
    Field(
        "k8s.rc.labels",
        Type.CHARBUF,
        "Labels of the pod's replication controller; always absent, as Falco does not look them up.",
    ),
    Field(
        "k8s.svc.name",
        Type.CHARBUF,
        "Name of the service of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.svc.id",
        Type.CHARBUF,
        "ID of the service of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.svc.label",
        Type.CHARBUF,
        "Named label of the pod's service; always absent, as Falco does not look it up.",
        arg=Arg.KEY,
    ),
    Field(
        "k8s.svc.labels",
        Type.CHARBUF,
        "Labels of the pod's service; always absent, as Falco does not look them up.",
    ),
    Field(
        "k8s.ns.id", Type.CHARBUF, "ID of the pod's namespace; always absent, as Falco does not look it up."
    ),
    Field(
        "k8s.ns.label",
        Type.CHARBUF,
        "Named label of the pod's namespace; always absent, as Falco does not look it up.",
        arg=Arg.KEY,
    ),
    Field(
        "k8s.ns.labels",
        Type.CHARBUF,
        "Labels of the pod's namespace; always absent, as Falco does not look them up.",
    ),
    Field(
        "k8s.rs.name",
        Type.CHARBUF,
        "Name of the replica set of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.rs.id",
        Type.CHARBUF,
        "ID of the replica set of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.rs.label",
        Type.CHARBUF,
        "Named label of the pod's replica set; always absent, as Falco does not look it up.",
        arg=Arg.KEY,
    ),
    Field(
        "k8s.rs.labels",
        Type.CHARBUF,
        "Labels of the pod's replica set; always absent, as Falco does not look them up.",
    ),
    Field(
        "k8s.deployment.name",
        Type.CHARBUF,
        "Name of the deployment of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.deployment.id",
        Type.CHARBUF,
        "ID of the deployment of the pod; always absent, as Falco does not look it up.",
    ),
    Field(
        "k8s.deployment.label",
        Type.CHARBUF,
        "Named label of the pod's deployment; always absent, as Falco does not look it up.",
        arg=Arg.KEY,
    ),
    Field(
        "k8s.deployment.labels",
        Type.CHARBUF,
        "Labels of the pod's deployment; always absent, as Falco does not look them up.",
    ),
)
"""The ``container.*`` and ``k8s.*`` fields, and what the plugin adds to ``proc.*``."""
