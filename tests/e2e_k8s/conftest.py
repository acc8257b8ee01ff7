"""A receiving end for each test, where there is an API server to send."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e_k8s.cluster import CACHE
from tests.e2e_k8s.daemon import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    if not (CACHE / "kube-apiserver").exists() or shutil.which("etcd") is None:
        pytest.skip("needs etcd and a kube-apiserver: make e2e-k8s builds it")
    return Daemon(tmp_path / "daemon")
