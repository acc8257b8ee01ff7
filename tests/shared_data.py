"""Where the reference data lies that is not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def shared() -> Path | None:
    """The folder with Falco's recorded verdicts, or None."""
    folder = Path(os.environ.get("FALCOLAB_SHARED", ROOT.parent / "shared"))
    return folder if (folder / "conformance").is_dir() else None


def official_rules() -> Path | None:
    """The folder with the rules files of the Falco project, or None."""
    named = os.environ.get("FALCOLAB_OFFICIAL_RULES")
    beside = shared()
    folder = Path(named) if named else (beside / "conformance/rules/official" if beside else None)
    return folder if folder is not None and folder.is_dir() else None
