"""What the lake says of a process is what Linux tells the process itself, however it was started."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import falcolab
from capture.probe.requirements import missing
from tests.e2e_attacks import told
from tests.e2e_attacks.daemon import PROGRAM

pytestmark = pytest.mark.e2e

WAYS = {
    "plain": "TOLD",
    "thread": "TOLD thread",
    "child-of-shell": "(cd /usr/share; TOLD; true)",
    "folder": "(cd /usr; cd ./lib/../bin; exec TOLD)",
    "session": "setsid --wait TOLD",
    "user": "setpriv --reuid 1 --regid 2 --clear-groups --inh-caps +dac_override"
    " --ambient-caps +dac_override TOLD",
    "capabilities": "setpriv --inh-caps +net_raw --bounding-set -sys_admin TOLD",
    "limit": "(ulimit -Sn 77; exec TOLD)",
    "environment": "env A=1 'B=two words' TOLD",
    "namespace": "unshare --pid --fork setsid --wait TOLD",
    "input": "(exec TOLD </etc/passwd)",
    "name": "bash -c 'exec -a other TOLD'",
    "terminal": "python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' TOLD",
}
UNSEEN = {("terminal", "proc.stdin.name")}
"""A terminal is opened by an ioctl now, which neither Falco nor the probe looks at."""

_HEADER = Path("/usr/include/linux/capability.h").read_text()
_CAPABILITIES = {name: int(bit) for name, bit in re.findall(r"^#define (CAP_\w+)\s+(\d+)$", _HEADER, re.M)}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake of all ways, and a file of what each process was told."""
    if (problem := missing()) is not None:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("told")
    begin = f"{sys.executable} {told.__file__}"
    lines = [way.replace("TOLD", f"{begin} {folder / name}.json") for name, way in WAYS.items()]
    (folder / "all.sh").write_text("\n".join(lines))
    clean: list[str | Path] = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-eu"]
    command = [PROGRAM, "capture", "record", "--lake", folder / "lake", "--", *clean, folder / "all.sh"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_the_lake_says_what_the_process_was_told(recorded: Path, way: str) -> None:
    read = json.loads((recorded / f"{way}.json").read_text())
    facts = {name: fact for name, fact in read.items() if (way, name) not in UNSEEN}
    rows = falcolab.Lake(recorded / "lake").sql(
        """select * from flat_syscall where "fd.name" = ? and "evt.type" = 'openat'""", [facts["fd.name"]]
    )
    assert len(rows) == 1
    row = {name: _plain(rows.iloc[0][name]) for name in facts}
    for name in (each for each in facts if ".cap_" in each):
        row[name] = sum(1 << _CAPABILITIES[word] for word in row[name].split())
    assert row == facts


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
