"""The messages of the Container Runtime Interface that are exchanged, and the calls.

Numbers from ``pkg/apis/runtime/v1/api.proto`` of kubernetes/cri-api; a number never changes its
meaning there.
"""

from __future__ import annotations

from capture.containers.protobuf import Fields, message_classes

SERVICE = "/runtime.v1.RuntimeService/"

CALLS = {
    "Version": ("VersionRequest", "VersionResponse"),
    "ListContainers": ("ListContainersRequest", "ListContainersResponse"),
    "ContainerStatus": ("ContainerStatusRequest", "ContainerStatusResponse"),
    "PodSandboxStatus": ("PodSandboxStatusRequest", "PodSandboxStatusResponse"),
}
"""Call -> what is sent and what comes back."""

NODE = 2
"""The ``NamespaceMode`` of what shares the host's namespace."""

PROPAGATIONS = {0: "private", 1: "rslave", 2: "rshared"}
"""``MountPropagation`` as Falco calls it."""

MESSAGES: dict[str, Fields] = {
    "VersionRequest": {"version": (1, "string")},
    "VersionResponse": {"runtime_name": (2, "string"), "runtime_version": (3, "string")},
    "ListContainersRequest": {"filter": (1, "ContainerFilter")},
    "ContainerFilter": {"id": (1, "string")},
    "ListContainersResponse": {"containers": (1, "repeated Container")},
    "Container": {"id": (1, "string"), "pod_sandbox_id": (2, "string")},
    "ContainerStatusRequest": {"container_id": (1, "string"), "verbose": (2, "bool")},
    "ContainerStatusResponse": {"status": (1, "ContainerStatus"), "info": (2, "map")},
    "ContainerStatus": {
        "id": (1, "string"),
        "metadata": (2, "ContainerMetadata"),
        "created_at": (4, "int64"),
        "image": (8, "ImageSpec"),
        "image_ref": (9, "string"),
        "labels": (12, "map"),
        "mounts": (14, "repeated Mount"),
        "image_id": (17, "string"),
        "user": (18, "ContainerUser"),
    },
    "ContainerMetadata": {"name": (1, "string")},
    "ImageSpec": {"image": (1, "string")},
    "Mount": {
        "container_path": (1, "string"),
        "host_path": (2, "string"),
        "readonly": (3, "bool"),
        "propagation": (5, "enum"),
    },
    "ContainerUser": {"linux": (1, "LinuxContainerUser")},
    "LinuxContainerUser": {"uid": (1, "int64")},
    "PodSandboxStatusRequest": {"pod_sandbox_id": (1, "string"), "verbose": (2, "bool")},
    "PodSandboxStatusResponse": {"status": (1, "PodSandboxStatus"), "info": (2, "map")},
    "PodSandboxStatus": {
        "id": (1, "string"),
        "metadata": (2, "PodSandboxMetadata"),
        "created_at": (4, "int64"),
        "network": (5, "PodSandboxNetworkStatus"),
        "linux": (6, "LinuxPodSandboxStatus"),
        "labels": (7, "map"),
    },
    "PodSandboxMetadata": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "PodSandboxNetworkStatus": {"ip": (1, "string")},
    "LinuxPodSandboxStatus": {"namespaces": (1, "Namespace")},
    "Namespace": {"options": (2, "NamespaceOption")},
    "NamespaceOption": {"network": (1, "enum"), "pid": (2, "enum"), "ipc": (3, "enum")},
}

CLASSES = message_classes(MESSAGES)
