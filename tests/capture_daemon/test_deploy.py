"""The files that people deploy name what there is, and are understood by those who read them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from capture.daemon.config import read_config
from capture.daemon.settings import Config, Webhook
from falcolab import load_rules
from tests.capture_daemon.running import RULES
from tests.shared_data import ROOT

DEPLOY = ROOT / "capture/deploy"
UNIT = DEPLOY / "systemd/falcolab-capture.service"
MANIFEST = DEPLOY / "kubernetes/falcolab-capture.yaml"
CAPABILITIES = {"BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"}
MODELS = {
    "Namespace": "V1Namespace",
    "ServiceAccount": "V1ServiceAccount",
    "ClusterRole": "V1ClusterRole",
    "ClusterRoleBinding": "V1ClusterRoleBinding",
    "ConfigMap": "V1ConfigMap",
    "DaemonSet": "V1DaemonSet",
}


def documents() -> dict[str, Any]:
    """By kind."""
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}


def leaves(value: Any) -> Iterator[tuple[str, ...]]:
    """The paths of all keys."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield key, *()
            yield from ((key, *path) for path in leaves(below))


def test_the_configuration_shows_every_key_with_its_default() -> None:
    shown = yaml.safe_load((DEPLOY / "capture.yaml").read_text())
    own = {"lake": Path("/var/lib/falcolab/lake"), "rules": (Path("/etc/falcolab/rules.d"),)}
    defaults = Config(**own)
    assert read_config(DEPLOY / "capture.yaml") == defaults
    assert set(leaves(shown)) == set(leaves(defaults.model_dump()))


def test_the_webhook_listens_where_api_servers_are_told_to_send() -> None:
    sent_to = yaml.safe_load((DEPLOY / "audit/webhook.kubeconfig.yaml").read_text())
    port = Webhook(certificate=Path("c"), key=Path("k")).port
    assert sent_to["clusters"][0]["cluster"]["server"].endswith(f":{port}/k8s-audit")


class TestUnit:
    def test_systemd_understands_it(self, tmp_path: Path) -> None:
        if shutil.which("systemd-analyze") is None:
            pytest.skip("needs systemd-analyze")
        there = tmp_path / UNIT.name
        there.write_text(UNIT.read_text().replace("/opt/falcolab/bin/falcolab", "/bin/true"))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", there], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_it_has_four_capabilities(self) -> None:
        (line,) = re.findall(r"^CapabilityBoundingSet=(.*)$", UNIT.read_text(), re.MULTILINE)
        assert set(line.replace("CAP_", "").split()) == CAPABILITIES


class TestKubernetes:
    def test_the_models_of_the_api_know_every_field(self) -> None:
        api = client.ApiClient()
        for kind, document in documents().items():
            model = api._ApiClient__deserialize(document, MODELS[kind])  # type: ignore[attr-defined]
            assert api.sanitize_for_serialization(model) == document, kind

    def test_the_daemon_understands_its_configuration(self, tmp_path: Path) -> None:
        path = tmp_path / "capture.yaml"
        path.write_text(documents()["ConfigMap"]["data"]["capture.yaml"])
        config = read_config(path)
        pod = documents()["DaemonSet"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert str(config.lake.parent) in mounts
        assert str(config.rules[0]) in mounts
        assert config.containers.root is not None
        assert f"{config.containers.root}/run" in mounts
        assert set(mounts.values()) == {volume["name"] for volume in pod["volumes"]}
        probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
        assert {(probe["host"], probe["port"]) for probe in probes} == {
            (config.status.host, config.status.port)
        }

    def test_it_runs_on_every_node_with_few_rights(self) -> None:
        pod = documents()["DaemonSet"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        security = container["securityContext"]
        assert pod["tolerations"] == [{"operator": "Exists"}]
        assert set(security["capabilities"]["add"]) == CAPABILITIES
        assert security["capabilities"]["drop"] == ["ALL"]
        assert not security["allowPrivilegeEscalation"]
        assert security["readOnlyRootFilesystem"]
        assert container["resources"].keys() == {"requests", "limits"}
        (rule,) = documents()["ClusterRole"]["rules"]
        assert rule["verbs"] == ["get"]

    def test_rules_of_a_config_map_are_read_as_they_are_mounted(self, tmp_path: Path) -> None:
        """Folders with a time in their name, and links to the present one."""
        (tmp_path / "..2026_11_24").mkdir()
        (tmp_path / "..2026_11_24" / "rules.yaml").write_text(RULES)
        (tmp_path / "..data").symlink_to("..2026_11_24")
        (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
        assert len(load_rules(tmp_path)) == 3


def test_the_page_names_every_file() -> None:
    page = (DEPLOY / "README.md").read_text()
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and "audit" not in path.parts]
    assert all(str(path.relative_to(DEPLOY)) in page for path in files if path.name != "README.md")


def test_whoever_installs_it_has_the_files_of_the_probe() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["capture"]
    found = [glob(pattern, root_dir=ROOT / "capture", recursive=True) for pattern in patterns]
    code = [path.relative_to(ROOT / "capture") for path in (ROOT / "capture/probe/c").rglob("*.[ch]")]
    assert len(code) > 10
    assert set(map(str, code)) <= {name for names in found for name in names}
