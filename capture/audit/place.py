"""How far a log has been taken, in a form that survives restarts and notices another file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

MARKED_BYTES = 1024
"""How much of a file's beginning, and of what comes before a place, a place knows."""

_FORMAT = 1

Identity = tuple[int, int]
"""Device and inode of a file."""


class BadPlacesError(ValueError):
    """A file of places is damaged, or of another format."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Some bytes, as their number and digest: audit logs hold secrets, a file of places should not."""

    length: int
    digest: str

    @classmethod
    def of(cls, content: bytes) -> Mark:
        """The mark of some bytes."""
        return cls(len(content), blake2b(content, digest_size=16).hexdigest())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: everything before it has been taken.

    Attributes:
        device: of the file.
        inode: of the file.
        offset: in bytes.
        head: the first bytes of the file.
        tail: the bytes just before the place.
    """

    device: int
    inode: int
    offset: int
    head: Mark
    tail: Mark

    @property
    def identity(self) -> Identity:
        """Of the file."""
        return self.device, self.inode


def save_places(file: Path, places: Iterable[Place]) -> None:
    """Replace a file of places, wholly or not at all.

    Raises:
        OSError: it cannot be written; the old one stays.
    """
    text = json.dumps({"format": _FORMAT, "files": [asdict(place) for place in places]}, indent=1)
    fresh = file.with_name(file.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    fresh.replace(file)


def load_places(file: Path) -> list[Place] | None:
    """The places in a file; None if it is not there.

    Raises:
        BadPlacesError: it is damaged, or of another format.
        OSError: it cannot be read.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        value = json.loads(content)
        if value["format"] != _FORMAT:
            raise BadPlacesError(f"{file}: of format {value['format']!r}, known is {_FORMAT}")
        return [_place(**entry) for entry in value["files"]]
    except (ValueError, TypeError, KeyError) as error:
        raise BadPlacesError(f"{file}: damaged: {error!r}") from None


def _place(device: int, inode: int, offset: int, head: dict[str, str], tail: dict[str, str]) -> Place:
    return Place(int(device), int(inode), int(offset), _mark(**head), _mark(**tail))


def _mark(length: str, digest: str) -> Mark:
    return Mark(int(length), str(digest))
