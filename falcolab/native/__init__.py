"""The compiled part of falcolab: the usual events of a capture, from its bytes to rows.

It is built with the package where there is a C compiler, and left out where there is none. What it
does, :mod:`falcolab.system` and :mod:`falcolab.lake.syscall` do as well, with the same result;
``FALCOLAB_PURE=1`` in the environment leaves it out, too.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

PURE_VARIABLE = "FALCOLAB_PURE"


def load(name: str) -> ModuleType | None:
    """A compiled module of this package; None where it is left out."""
    if os.environ.get(PURE_VARIABLE, "0") not in ("", "0"):
        return None
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError:
        return None
