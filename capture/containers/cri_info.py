"""The ``info`` of a CRI runtime: JSON of the runtime's own making, beside the messages.

containerd and CRI-O tell there whether a container is privileged, and which interfaces a pod has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

import msgspec

_CNI_RESULT = "io.kubernetes.cri-o.CNIResult"
_INNER = ("lo", "veth")
_LOG = logging.getLogger(__name__)


class _Form(msgspec.Struct, frozen=True):
    """Keys that are not named are left out."""


class _ImageSpec(_Form, frozen=True):
    image: str = ""


class _SecurityContext(_Form, frozen=True):
    privileged: bool = False


class _Linux(_Form, frozen=True):
    security_context: _SecurityContext = _SecurityContext()


class _Config(_Form, frozen=True):
    image: _ImageSpec = _ImageSpec()
    linux: _Linux = _Linux()


class _RuntimeSpec(_Form, frozen=True):
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _CniResult(_Form, frozen=True):
    interfaces: dict[str, object] | None = msgspec.field(default=None, name="Interfaces")


class Info(_Form, frozen=True, rename="camel"):
    """The info of a container or of a sandbox, as far as it is read.

    Attributes:
        privileged: as CRI-O tells it.
        image: of a sandbox.
        config: what the kubelet asked for; containerd's.
    """

    privileged: bool = False
    image: str = ""
    config: _Config = _Config()
    runtime_spec: _RuntimeSpec = _RuntimeSpec()
    cni_result: _CniResult | None = None

    @property
    def is_privileged(self) -> bool:
        """Whether the container is privileged."""
        return self.privileged or self.config.linux.security_context.privileged

    @property
    def annotations(self) -> Mapping[str, str]:
        """Those of the OCI runtime."""
        return self.runtime_spec.annotations

    def cni_json(self) -> str:
        """The interfaces that a pod has to the outside, JSON text; empty if that is not told."""
        if self.cni_result is None or not self.cni_result.interfaces:
            return self.annotations.get(_CNI_RESULT, "")
        outer = {
            name: value for name, value in self.cni_result.interfaces.items() if not name.startswith(_INNER)
        }
        return json.dumps(outer, separators=(",", ":"))


def read_info(texts: Mapping[str, str]) -> Info:
    """The info of an answer; an empty one, and a warning, if a runtime tells it in another form."""
    text = texts.get("info", "")
    try:
        return msgspec.json.decode(text.encode(), type=Info) if text else Info()
    except msgspec.MsgspecError as error:
        _LOG.warning(
            "a runtime's info is not understood, so privileged containers look like others: %s", error
        )
        return Info()
