"""What runtimes and the Kubernetes API know of containers becomes events of the live stream."""

from capture.containers.block import container_block, removed_block
from capture.containers.container import Container, Metadata, Mount, Runtime
from capture.containers.cri import CriSource
from capture.containers.docker import DockerSource
from capture.containers.image import Image
from capture.containers.kubernetes import KubernetesPods
from capture.containers.lookups import Lookups
from capture.containers.metrics import Metrics
from capture.containers.podman import PodmanSource
from capture.containers.settings import Settings, Sockets, sources
from capture.containers.source import Completion, Source, SourceError

__all__ = [
    "Completion",
    "Container",
    "CriSource",
    "DockerSource",
    "Image",
    "KubernetesPods",
    "Lookups",
    "Metadata",
    "Metrics",
    "Mount",
    "PodmanSource",
    "Runtime",
    "Settings",
    "Sockets",
    "Source",
    "SourceError",
    "container_block",
    "removed_block",
    "sources",
]
