"""environment.yml and pyproject.toml ask for the same packages."""

from __future__ import annotations

import re
import tomllib

import yaml
from rattler import MatchSpec

from tests.shared_data import ROOT

CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "kubernetes": "python-kubernetes",
    "prometheus-client": "prometheus_client",
}
"""Packages that have another name on conda-forge."""


def _specs(lines: list[str]) -> dict[str, str]:
    specs = [MatchSpec(line) for line in lines]
    return {str(spec.name.normalized): str(spec.version or "*") for spec in specs if spec.name is not None}


def _conda_form(requirement: str) -> str:
    name = re.split("[<>=]", requirement, maxsplit=1)[0]
    return CONDA_NAMES.get(name, name) + requirement[len(name) :]


def test_conda_gets_the_same_packages_with_the_same_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["capture"], *extras["dev"]]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    expected = _specs([*map(_conda_form, wanted), f"python{project['requires-python']}"])
    assert _specs(conda) == expected


def test_bcc_is_no_dependency_and_the_way_to_get_it_is_explained() -> None:
    text = (ROOT / "environment.yml").read_text()
    assert "python3-bpfcc" in text
    assert "bcc" not in _specs(yaml.safe_load(text)["dependencies"])
