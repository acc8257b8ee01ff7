"""What a lake holds: one manifest per capture, written last, which makes the capture count."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from falcolab.errors import InputError
from falcolab.lake.schema import FORMAT


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a capture.

    Attributes:
        path: relative to the lake.
        table: ``events`` or a dimension.
        rows: how many.
        bytes: its size.
        sha256: of its content.
    """

    path: str
    table: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a capture's events with dimensions of its own.

    Attributes:
        ordinal: its number, unique in the lake; its keys begin with it.
        events: how many events.
        files: its Parquet files.
    """

    ordinal: int
    events: int
    files: tuple[DataFile, ...]

    def of_table(self, table: str) -> tuple[DataFile, ...]:
        """Its files of one table."""
        return tuple(file for file in self.files if file.table == table)


@dataclass(frozen=True, slots=True)
class Capture:
    """One ingested capture.

    Attributes:
        digest: SHA-256 of its uncompressed content, which is its identity.
        name: of the file it came from, for people.
        source: the event source.
        events: how many were taken.
        rejected: how many items were quarantined.
        first_time: of its first event in file order, ns; None without events.
        min_time: the earliest, ns.
        max_time: the latest, ns.
        number: in the order of ingestion, from 1.
        ingested: when, ns.
        damage: why the file could not be read to its end; empty when it could.
        parts: where its events are.
    """

    digest: str
    name: str
    source: str
    events: int
    rejected: int
    first_time: int | None
    min_time: int | None
    max_time: int | None
    number: int
    ingested: int
    damage: str = ""
    parts: tuple[Part, ...] = field(default=())

    @property
    def bytes(self) -> int:
        """The size of its files."""
        return sum(file.bytes for part in self.parts for file in part.files)

    def to_json(self) -> str:
        """The manifest's text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Capture:
        """The capture that a manifest describes.

        Raises:
            ValueError, KeyError, TypeError: it describes none.
        """
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise ValueError("made by another version of falcolab")
        parts = tuple(
            Part(part["ordinal"], part["events"], tuple(DataFile(**file) for file in part["files"]))
            for part in data.pop("parts")
        )
        return cls(**data, parts=parts)


def read_manifests(folder: Path) -> list[Capture]:
    """The captures of a lake, in the order of ingestion.

    Raises:
        InputError: a manifest cannot be read.
    """
    captures = []
    for path in sorted(folder.glob("*.json")):
        try:
            captures.append(Capture.from_json(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: damaged manifest ({error}); restore it or remove the capture"
            ) from None
    return sorted(captures, key=lambda capture: capture.number)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
