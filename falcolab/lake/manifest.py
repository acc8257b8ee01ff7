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
        min_time: the earliest, ns.
        max_time: the latest, ns.
        files: its Parquet files.
        origins: the parts that it was made from, whose numbers its events' ids begin with; empty for one
            that was written as it is.
    """

    ordinal: int
    events: int
    min_time: int
    max_time: int
    files: tuple[DataFile, ...]
    origins: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of its files."""
        return sum(file.bytes for file in self.files)

    @property
    def prefixes(self) -> tuple[int, ...]:
        """The numbers that its events' ids begin with, in the order of the events."""
        return self.origins or (self.ordinal,)

    def of_table(self, table: str) -> tuple[DataFile, ...]:
        """Its files of one table."""
        return tuple(file for file in self.files if file.table == table)


Losses = dict[str, dict[str, int]]
"""Processor -> event type -> how many events were lost."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What was ingested at once, and may have been joined with others since.

    Attributes:
        digest: SHA-256 of its uncompressed content, which is its identity.
        name: of the file it came from, for people.
        events: how many were taken.
        rejected: how many items were quarantined.
        first_time: of its first event in file order, ns; None without events.
        ingested: when, ns.
        damage: why the file could not be read to its end; empty when it could.
        parts: the numbers of the parts that it was written as.
        lost: events that happened and could not be recorded: processor -> event type -> how many.
    """

    digest: str
    name: str
    events: int
    rejected: int
    first_time: int | None
    ingested: int
    damage: str
    parts: tuple[int, ...]
    lost: Losses = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capture:
    """One ingested capture, or several that have been joined.

    Attributes:
        digest: SHA-256 of its uncompressed content, which is its identity; of joined ones, of their digests.
        name: of the file it came from, for people.
        source: the event source.
        events: how many it has.
        rejected: how many items were quarantined.
        first_time: of its first event in file order, ns; None without events.
        min_time: the earliest, ns.
        max_time: the latest, ns.
        number: in the order of ingestion, from 1.
        ingested: when, ns.
        damage: why the file could not be read to its end; empty when it could.
        parts: where its events are.
        joined: what it was joined from; empty for one that is as it was ingested.
        replaces: the digests of captures of this source that do not count beside it.
        replaced_until: until when their files stay for those who are reading them, ns.
        pruned: how many events have been removed because they were too old or too many.
        lost: events that happened and could not be recorded: processor -> event type -> how many.
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
    joined: tuple[Origin, ...] = ()
    replaces: tuple[str, ...] = ()
    replaced_until: int = 0
    pruned: int = 0
    lost: Losses = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """The size of its files."""
        return sum(part.bytes for part in self.parts)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What was ingested at once, in order: itself, if it was not joined."""
        return self.joined or (
            Origin(
                digest=self.digest,
                name=self.name,
                events=self.events + self.pruned,
                rejected=self.rejected,
                first_time=self.first_time,
                ingested=self.ingested,
                damage=self.damage,
                parts=tuple(part.ordinal for part in self.parts),
                lost=self.lost,
            ),
        )

    @property
    def losses(self) -> int:
        """How many events happened in its time and could not be recorded."""
        return sum(sum(types.values()) for origin in self.origins for types in origin.lost.values())

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
        parts = tuple(_part(**part) for part in data.pop("parts"))
        joined = tuple(_origin(**origin) for origin in data.pop("joined"))
        return cls(**data | {"replaces": tuple(data["replaces"])}, parts=parts, joined=joined)


def _part(files: list[dict[str, Any]], origins: list[int], **rest: Any) -> Part:
    return Part(**rest, files=tuple(DataFile(**file) for file in files), origins=tuple(origins))


def _origin(parts: list[int], **rest: Any) -> Origin:
    return Origin(**rest, parts=tuple(parts))


def read_manifests(folder: Path) -> list[Capture]:
    """The captures that a folder's manifests describe, in the order of ingestion.

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
