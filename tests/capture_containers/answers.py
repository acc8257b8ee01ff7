"""Answers that real runtimes gave: podman 4.3, containerd 1.6 and an API server 1.20 of Kubernetes.

``python -m tests.e2e_containers.record`` records them anew. Those of docker are podman's, by docker's
API: docker itself cannot be had on the test machines.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recorded"


def recorded(name: str) -> bytes:
    """An answer as it came."""
    return (FOLDER / name).read_bytes()


def recorded_json(name: str) -> Any:
    """An answer as an object."""
    return json.loads(recorded(name))
