"""Lines of a file as they are written, through its rotations."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from falcolab.errors import InputError

POLL_SECONDS = 0.2


def follow(path: Path) -> Iterator[str]:
    """The lines of a file from its beginning, then those that are added, until somebody interrupts.

    A file that takes the place of this one, or that is cut, is read from its own beginning.

    Raises:
        InputError: the file cannot be read.
    """
    file, left = _open(path), ""
    try:
        while True:
            piece = file.readline()
            if piece.endswith("\n"):
                yield left + piece
                left = ""
            elif piece:
                left += piece
            elif (successor := _successor(path, file)) is not None:
                if left:
                    yield left
                file, left = successor, ""
            else:
                time.sleep(POLL_SECONDS)
    finally:
        file.close()


def _open(path: Path) -> IO[str]:
    try:
        return path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _successor(path: Path, file: IO[str]) -> IO[str] | None:
    """The file that has taken the place of one that was read to its end; None while it is the same."""
    try:
        there = path.stat()
    except OSError:
        return None  # between two files; the next one will come
    here = os.fstat(file.fileno())
    is_same = (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
    if is_same and there.st_size >= file.tell():
        return None
    file.close()
    return _open(path)
