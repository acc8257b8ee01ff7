"""What a new user does: clone, ``make demo``, and the tour of the README as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.shared_data import ROOT

pytestmark = pytest.mark.e2e

DEMO_SECONDS = 180


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "falcolab"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def _run(clone: Path, command: str) -> str:
    environment = {**os.environ, "TZ": "UTC", "PATH": f"{clone}/.venv/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        command, shell=True, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_demo_sets_itself_up_and_tells_what_goes_and_what_stays(clone: Path) -> None:
    begun = time.monotonic()
    printed = _run(clone, "make demo")
    assert time.monotonic() - begun < DEMO_SECONDS
    assert "the candidate silences 135 of 163 alerts (83%), keeps 28" in printed
    assert "lost: 135 alerts" in printed
    rules = yaml.safe_load((clone / "demo/values.yaml").read_text())["customRules"]
    assert list(rules) == ["10-team-rules.yaml", "20-tuning.yaml"]


def test_the_tour_of_the_readme_works_as_written(clone: Path) -> None:
    readme = (clone / "README.md").read_text()
    tour = readme.split("## A five-minute tour")[1]
    commands = re.findall(r"^\$ (falcolab .*)$", tour, re.MULTILINE)
    assert len(commands) >= 9
    for command in commands:
        _run(clone, command)
    (script,) = re.findall(r"```python\n(.*?)```", tour, re.DOTALL)
    (clone / "tour.py").write_text(script)
    _run(clone, "python tour.py")


def test_links_of_the_readme_and_the_docs_lead_somewhere(clone: Path) -> None:
    broken = [
        f"{page.relative_to(clone)}: {target}"
        for page in [clone / "README.md", *clone.glob("docs/**/*.md"), *clone.glob("datasets/**/*.md")]
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
        if not target.startswith("http") and not (page.parent / target).exists()
    ]
    assert broken == []
