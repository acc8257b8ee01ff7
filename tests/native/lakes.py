"""Lakes of one capture, compiled and pure.

``python -m tests.native.lakes FOLDER [COUNT]`` damages the captures of a folder so many times and
tells of every one of which the two are not the same.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from falcolab import native
from falcolab.errors import InputError
from falcolab.lake.ingest_scap import ingest_scap
from tests.scap.mutations import Sound, damage, sound

MOST = 2**17
"""Bytes of the captures that are damaged, as files."""


def tables(capture: Path, lake: Path) -> dict[str, object]:
    """The tables of the lake that is made of a capture, or why there is none."""
    try:
        ingested = ingest_scap(lake, capture)
    except InputError as error:
        return {"error": str(error)}
    files = sorted(lake.rglob("*.parquet"))
    found = {str(file.relative_to(lake)): pq.read_table(file, partitioning=None) for file in files}
    return {**found, "damage": ingested.damage}


@contextmanager
def pure() -> Iterator[None]:
    """Without compiled modules."""
    before = os.environ.get(native.PURE_VARIABLE)
    os.environ[native.PURE_VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[native.PURE_VARIABLE]
        else:
            os.environ[native.PURE_VARIABLE] = before


def differing(capture: Path, folder: Path) -> list[str]:
    """The tables that are not the same in both."""
    fast = tables(capture, folder / "fast")
    with pure():
        slow = tables(capture, folder / "pure")
    return sorted(name for name in fast.keys() | slow.keys() if fast.get(name) != slow.get(name))


def damaged(whole: Sound, seed: int) -> bytes:
    """A capture with up to twenty damages after its first event."""
    chance, content = random.Random(seed), whole.content
    for _ in range(1 + seed % 20):
        content, _ = damage(chance, content, min(whole.first, len(content) - 2))
    return content


def main(folder: Path, count: int) -> int:
    """Damage captures; 0 when all make the same lake both ways."""
    captures = [sound(path) for path in sorted(folder.glob("*.scap")) if path.stat().st_size < MOST]
    found = 0
    for seed in range(count):
        with tempfile.TemporaryDirectory() as scratch:
            capture = Path(scratch) / "damaged.scap"
            capture.write_bytes(damaged(captures[seed % len(captures)], seed))
            if names := differing(capture, Path(scratch)):
                found += 1
                sys.stdout.write(f"seed {seed}: {', '.join(names)}\n")
    sys.stdout.write(f"{count} damaged captures, {found} with two different lakes\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000))
