"""The folder of a lake: where files lie, how they appear, who may write.

    LAKE/lake.json                                        what it is
    LAKE/captures/NUMBER-DIGEST.json                      a manifest per capture
    LAKE/events/source=S/date=YYYY-MM-DD/hour=HH/*.parquet
    LAKE/audit_actors/source=S/*.parquet, ...             dimensions
    LAKE/quarantine/DIGEST.jsonl                          what was no event, and why
    LAKE/.staging/                                        files that are being made
    LAKE/.cache/                                          what can be computed again

A file is made in ``.staging`` and appears in its place by rename, complete or not at all;
a capture counts once its manifest is there. Files are readable by their owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from falcolab.errors import InputError
from falcolab.lake.manifest import Capture, read_manifests
from falcolab.lake.schema import FORMAT

_MARKER = "lake.json"
_PRUNED = "pruned"
_POLL = 0.1

CACHE_NAME = 32
"""How many characters of a file's digest its folder in the cache is named by."""


class Store:
    """The files of one lake."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.captures_folder = root / "captures"
        self.staging = root / ".staging"
        self.quarantine = root / "quarantine"
        self.cache = root / ".cache"

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The store of an existing lake.

        Raises:
            InputError: there is no lake.
        """
        root = Path(path)
        marker = root / _MARKER
        try:
            version = json.loads(marker.read_text())["format"]
        except FileNotFoundError:
            hint = "`falcolab ingest ... --lake` makes one"
            raise InputError(f"{root}: no lake there ({marker.name} is missing); {hint}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{marker}: cannot be read: {error}") from None
        if version != FORMAT:
            raise InputError(f"{root}: lake format {version}, this falcolab reads format {FORMAT}")
        return cls(root)

    @classmethod
    def create(cls, path: str | Path) -> Store:
        """The store of a lake that is made if it does not exist.

        Raises:
            InputError: the folder holds something else or cannot be written.
        """
        root = Path(path)
        if (root / _MARKER).exists():
            return cls.open(root)
        try:
            if root.exists() and any(map(_is_foreign, root.iterdir())):
                raise InputError(f"{root}: neither a lake nor an empty folder")
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            store = cls(root)
            store.write_text(root / _MARKER, json.dumps({"format": FORMAT}))
        except OSError as error:
            raise InputError(f"{root}: cannot be made a lake: {error.strerror}") from None
        return store

    @contextmanager
    def writing(self, patience: float = 0.0) -> Iterator[None]:
        """The right to change the lake; clears away what this writer, or an interrupted one, leaves behind.

        Args:
            patience: how many seconds to wait while somebody else is writing.

        Raises:
            InputError: somebody else is writing, or the folder cannot be written.
        """
        try:
            lock = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(f"{self.root}: cannot be written: {error.strerror}") from None
        try:
            self._acquire(lock, time.monotonic() + patience)
            self.clear_leftovers()
            yield
        finally:
            self._clear_staging()
            os.close(lock)

    def _acquire(self, lock: int, until: float) -> None:
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= until:
                    raise InputError(f"{self.root}: another process is writing to this lake") from None
                time.sleep(_POLL)

    def remove_empty(self) -> None:
        """Take back a lake that was made for a capture which then failed, half of it published perhaps."""
        for path in self.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        # A mount point stays, and that is no harm: an empty folder is as good as none.
        with suppress(OSError):
            self.root.rmdir()

    def _clear_staging(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)

    def clear_leftovers(self) -> None:
        """Remove what no capture needs (any more): for those who have the right to change the lake."""
        self._clear_staging()
        now = time.time_ns()
        for capture in self.all_captures():
            if capture.replaced_until <= now:
                self._remove_replaced(capture)
        files = [file for capture in self.all_captures() for part in capture.parts for file in part.files]
        known = {file.path for file in files}
        for path in self.root.glob("*/source=*/**/*.parquet"):
            if str(path.relative_to(self.root)) not in known:
                path.unlink()
        self._clear_cache({file.sha256 for file in files})

    def _remove_replaced(self, capture: Capture) -> None:
        """Remove the manifests of what a capture has taken the place of, those first that went first.

        Were one removed before those that it has replaced itself, these would count again.
        """
        for each in self.all_captures():
            if each.source == capture.source and each.digest in capture.replaces:
                self._remove_replaced(each)
                self._manifest(each).unlink()

    def _clear_cache(self, digests: set[str]) -> None:
        known = {digest[:CACHE_NAME] for digest in digests}
        for path in self.cache.glob("?" * CACHE_NAME):
            if path.name not in known:
                shutil.rmtree(path)

    def captures(self) -> list[Capture]:
        """What has been ingested, in order, as far as nothing else has taken its place."""
        every = self.all_captures()
        gone = {(capture.source, digest) for capture in every for digest in capture.replaces}
        return [capture for capture in every if (capture.source, capture.digest) not in gone]

    def all_captures(self) -> list[Capture]:
        """The captures, and those that have been replaced but are kept for those who are reading them."""
        return read_manifests(self.captures_folder)

    def next_part(self) -> int:
        """A number that no part has or ever had, so that the ids of events stay unique."""
        captures = self.all_captures()
        return 1 + max([self._last_pruned(), *(part.ordinal for each in captures for part in each.parts)])

    def _last_pruned(self) -> int:
        return int(json.loads((self.root / _MARKER).read_text()).get(_PRUNED, 0))

    def note_pruned(self, ordinal: int) -> None:
        """Remember that a part is about to be removed, so that its number is not given away again."""
        if ordinal > self._last_pruned():
            self.write_text(self.root / _MARKER, json.dumps({"format": FORMAT, _PRUNED: ordinal}))

    def stage(self, relative: str) -> Path:
        """A place to make a file that will appear at ``relative``."""
        path = self.staging / relative
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def publish(self, relative: str) -> None:
        """Let a staged file appear in its place, on disk for good."""
        staged, target = self.staging / relative, self.root / relative
        _make_private(target.parent, self.root)
        staged.chmod(0o600)
        with staged.open("rb") as stream:
            os.fsync(stream.fileno())
        staged.rename(target)
        _sync_folder(target.parent)

    def commit(self, capture: Capture) -> None:
        """Let a capture count, now that all its files are in place."""
        self.write_text(self._manifest(capture), capture.to_json())

    def remove(self, capture: Capture) -> None:
        """Let a capture not count any more; its files go with the next clearing of leftovers."""
        self._remove_replaced(capture)
        for origin in capture.origins:
            self.rejected_file(origin.digest).unlink(missing_ok=True)
        self._manifest(capture).unlink()

    def rejected_file(self, digest: str) -> Path:
        """Where the items lie that were rejected when something was ingested."""
        return self.quarantine / f"{digest[:12]}.jsonl"

    def _manifest(self, capture: Capture) -> Path:
        return self.captures_folder / f"{capture.number:06d}-{capture.digest[:12]}.json"

    def write_text(self, path: Path, text: str) -> None:
        """Write a small file, complete or not at all."""
        _make_private(path.parent, self.root)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(temporary, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _is_foreign(path: Path) -> bool:
    """Whether something in a folder is not what is left of a lake whose making was interrupted."""
    return path.name != ".lock" and not path.name.startswith(f".{_MARKER}.")


def _sync_folder(folder: Path) -> None:
    """What has been renamed into a folder survives a crash of the machine only after this."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _make_private(folder: Path, root: Path) -> None:
    """Make a folder and those above it, up to the lake's, for their owner only."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(path.parent)
