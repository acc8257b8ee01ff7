"""Control groups of a session, as systemd makes them for everybody who logs in.

Where tests run in a group of another name, Falco's way of finding containers takes it for one.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_NAME = "attacks.scope"


@contextlib.contextmanager
def session() -> Iterator[list[str]]:
    """The beginning of command lines that are to run in it; it ends with the block."""
    groups = [folder / _NAME for folder in _own_groups()]
    for group in groups:
        group.mkdir()
    try:
        yield ["sh", "-c", _entering(groups), "sh"]
    finally:
        for group in groups:
            group.rmdir()


def _own_groups() -> Iterator[Path]:
    """The folders of the groups of this process that are not the root of their hierarchy."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        place = _ROOT / (names.removeprefix("name=") or "unified")
        if path != "/" and (place / path.lstrip("/")).is_dir():
            yield place / path.lstrip("/")


def _entering(groups: list[Path]) -> str:
    entered = [f"echo $$ >{shlex.quote(str(group / 'cgroup.procs'))} && " for group in groups]
    return "".join(entered) + 'exec "$@"'
