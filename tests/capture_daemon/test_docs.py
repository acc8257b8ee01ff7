"""The page on the daemon names what there is."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from capture.cli.run import _HarmlessFormatter
from capture.daemon.config import read_config
from capture.daemon.daemon import Daemon
from tests.capture_daemon.running import Setup
from tests.shared_data import ROOT

PAGE = (ROOT / "docs/daemon.md").read_text()
SYSCALLS = {"journal", "events_unreadable", "hooks", "output_stdout", "output_http"}
"""Troubles of parts that the tests' daemon does not have."""


def daemon(folder: Path) -> Daemon:
    return Daemon(read_config(Setup.audit_only(folder).config))


def test_every_metric_is_explained(tmp_path: Path) -> None:
    made = daemon(tmp_path)
    found = {each.name + ("_total" if each.type == "counter" else "") for each in made.registry.collect()}
    mine = {name for name in found if not name.startswith(("falcolab_audit_", "falcolab_containers_"))}
    made.close()
    kernel = ("falcosecurity_scap_", "falcolab_kernel_", "falcolab_compat_")
    named = set(re.findall(r"`(\w+)(?:\{[\w,]+\})?`(?=[,\w ].*\|)", PAGE.split("## Metrics")[1]))
    assert mine == {name for name in named if not name.startswith(kernel)}


def test_every_trouble_is_explained(tmp_path: Path) -> None:
    made = daemon(tmp_path)
    (troubles,) = (each for each in made.registry.collect() if each.name == "falcolab_trouble")
    found = {sample.labels["what"] for sample in troubles.samples}
    made.close()
    section = PAGE.split("## What can go wrong")[1].split("## Metrics")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert found | SYSCALLS == set(re.findall(r"`(\w+)`", "".join(rows))) - {"what"}


def test_a_line_of_the_log_stays_one_and_steers_no_terminal() -> None:
    record = logging.LogRecord("n", logging.ERROR, "f", 1, "rule '%s'", ("a\n\x1b[2J",), None)
    assert _HarmlessFormatter("%(levelname)s %(message)s").format(record) == "ERROR rule 'a\\x0a\\x1b[2J'"
