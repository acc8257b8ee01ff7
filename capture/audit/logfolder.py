"""The files of a log: the one that is written to, and those that it was before it was rotated."""

from __future__ import annotations

import os
from pathlib import Path

_MOST = 64
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def log_files(log: Path) -> list[Path]:
    """The files of a log, the rotated ones first, the oldest of all at the beginning.

    Names are those that the API server (``audit-2026-01-02T15-04-05.000.log``) and logrotate
    (``audit.log.1``, ``audit.log-20260102``) give. Compressed ones are left out, and of very many
    the oldest.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        rotated = [Path(entry) for entry in os.scandir(log.parent) if _is_rotated(entry.name, log)]
    except FileNotFoundError:
        return []
    return [*sorted(rotated, key=_written)[-_MOST:], log]


def _is_rotated(name: str, log: Path) -> bool:
    if name.endswith(_COMPRESSED) or name == log.name:
        return False
    return name.startswith((f"{log.name}.", f"{log.name}-")) or (
        name.startswith(f"{log.stem}-") and name.endswith(log.suffix)
    )


def _written(path: Path) -> int:
    """When a file was changed last, ns since 1970; 0 if it is gone by now."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
