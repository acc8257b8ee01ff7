"""What docker and podman say of a container: both in docker's form, of which this is read.

A ``null`` stands for an empty list or object there. Everything else that is of another type than it
should be makes the whole answer an error.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from capture.containers.container import Container, Mount, Runtime
from capture.containers.image import Image

_HOST = "host"


class _Form(msgspec.Struct, rename="pascal"):
    """Keys are capitalised; those that are not named here are left out."""


class InspectedMount(_Form):
    """One of ``Mounts``."""

    source: str = ""
    destination: str = ""
    mode: str = ""
    writable: bool = msgspec.field(default=False, name="RW")
    propagation: str = ""

    def mount(self) -> Mount:
        """The same as other runtimes' mounts."""
        return Mount(
            source=self.source,
            destination=self.destination,
            mode=self.mode,
            writable=self.writable,
            propagation=self.propagation,
        )


class Config(_Form):
    """What the container was asked to be."""

    image: str = ""
    user: str = ""
    labels: dict[str, str] | None = None


class HostConfig(_Form):
    """What it shares with the host."""

    privileged: bool = False
    ipc_mode: str = ""
    network_mode: str = ""
    pid_mode: str = ""


class Network(_Form):
    """A network that it is in."""

    address: str = msgspec.field(default="", name="IPAddress")


class NetworkSettings(_Form):
    """Its networks; newer servers tell the address only there."""

    address: str = msgspec.field(default="", name="IPAddress")
    networks: dict[str, Network] | None = None

    def ip(self) -> str:
        """The address, or the first that a network gave."""
        addresses = [self.address, *(network.address for network in (self.networks or {}).values())]
        return next(filter(None, addresses), "")


class Inspection(_Form):
    """A container. ``image_name`` and ``image_digest`` are podman's."""

    id: str
    name: str = ""
    image: str = ""
    image_name: str = ""
    image_digest: str = ""
    created: datetime | None = None
    config: Config = msgspec.field(default_factory=Config)
    host_config: HostConfig = msgspec.field(default_factory=HostConfig)
    network_settings: NetworkSettings = msgspec.field(default_factory=NetworkSettings)
    mounts: list[InspectedMount] | None = None

    def container(self, runtime: Runtime, image: Image) -> Container:
        """The container, of an image that each runtime tells in its own way."""
        host = self.host_config
        return Container(
            runtime=runtime,
            full_id=self.id,
            name=self.name.removeprefix("/"),
            image=image,
            user=self.config.user,
            created=int(self.created.timestamp()) if self.created else 0,
            privileged=host.privileged,
            host_pid=host.pid_mode == _HOST,
            host_network=host.network_mode == _HOST,
            host_ipc=host.ipc_mode == _HOST,
            ip=self.network_settings.ip(),
            is_sandbox="k8s_POD" in self.name,
            labels=self.config.labels or {},
            mounts=tuple(mount.mount() for mount in self.mounts or ()),
        )
