"""What the probe needs of a machine, looked at before anything is tried."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from capture.probe.btf import VMLINUX
from capture.probe.errors import ProbeError

OLDEST_KERNEL = (5, 8)

DIST_PACKAGES = (
    "/usr/lib/python3/dist-packages",
    "/usr/lib/python3/site-packages",
    "/usr/lib64/python3/site-packages",
)
"""Where distributions put their Python packages; ``/usr/lib/python3.X/site-packages`` is looked at too."""

_HOW_TO_GET_BCC = (
    "install it with `apt-get install python3-bpfcc` (Debian, Ubuntu) or `dnf install python3-bcc` (Fedora,"
    " RHEL); the package `bcc` of PyPI is another project"
)


def missing() -> str | None:
    """What keeps the probe from running here, in one line; None if nothing is missing."""
    for check in _CHECKS:
        if (problem := check()) is not None:
            return problem
    return None


def require() -> None:
    """Check all requirements.

    Raises:
        ProbeError: one is not met.
    """
    if (problem := missing()) is not None:
        raise ProbeError(problem)


def load_bcc() -> ModuleType:
    """The distribution's ``bcc``, and nothing else from where the distribution keeps its packages.

    Raises:
        ProbeError: it is not installed or cannot be loaded.
    """
    if "bcc" in sys.modules:
        return sys.modules["bcc"]
    spec = PathFinder.find_spec("bcc", _folders())
    if spec is None or spec.loader is None:
        raise ProbeError(f"bcc is not installed: {_HOW_TO_GET_BCC}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    try:
        spec.loader.exec_module(module)
    except (ImportError, OSError) as error:
        del sys.modules["bcc"]
        raise ProbeError(f"bcc cannot be loaded ({error}): {_HOW_TO_GET_BCC}") from None
    return module


def _folders() -> list[str]:
    versions = sorted(Path("/usr/lib").glob("python3.*/site-packages"), reverse=True)
    return [*DIST_PACKAGES, *map(str, versions)]


def _architecture() -> str | None:
    machine = platform.machine()
    if sys.platform == "linux" and machine == "x86_64":
        return None
    return f"the probe runs on Linux on x86-64 only, and this is {platform.system()} on {machine}"


def _kernel() -> str | None:
    release = platform.release()
    found = re.match(r"(\d+)\.(\d+)", release)
    if found is not None and tuple(map(int, found.groups())) >= OLDEST_KERNEL:
        return None
    return f"the kernel is {release}: the probe needs Linux {OLDEST_KERNEL[0]}.{OLDEST_KERNEL[1]} or newer"


def _root() -> str | None:
    if os.geteuid() == 0:
        return None
    return "the probe must be loaded by root: run the command with sudo"


def _btf() -> str | None:
    if VMLINUX.exists():
        return None
    return (
        f"{VMLINUX} is missing: the probe needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the"
        " distributions of today build theirs"
    )


def _bcc() -> str | None:
    if PathFinder.find_spec("bcc", _folders()) is not None:
        return None
    return f"bcc is not installed: {_HOW_TO_GET_BCC}"


_CHECKS: tuple[Callable[[], str | None], ...] = (_architecture, _kernel, _root, _btf, _bcc)
