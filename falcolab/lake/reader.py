"""Reading the fields of many dimension rows at once, in few calls where values are plain texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec

from falcolab.fields.audit_values import READINGS, AuditValue, Path, Reading, has_path
from falcolab.fields.rawjson import Json

Texts = tuple[str | None, ...]
Raws = Sequence[bytes | None]
"""The JSON texts of a member, event by event; None where an event lacks it."""


class TextReader:
    """Reads the texts at some paths in JSON values, in one go where they are plain ASCII strings.

    Args:
        paths: the paths; the empty one, which is the value itself, only stands alone.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.absent: Texts = (None,) * len(paths)
        tree: dict[str, Any] = {}
        for path in filter(None, paths):
            node = tree
            for key in path[:-1]:
                node = node.setdefault(key, {})
            node[path[-1]] = None
        type_: Any = _struct(tree) if tree else str
        self._pick = _picker(tree, paths) if tree else lambda value: (value,)
        self._decode = msgspec.json.Decoder(type_).decode
        self._decode_all = msgspec.json.Decoder(list[type_]).decode

    def read(self, raw: bytes) -> Texts:
        """The texts, None for what is missing."""
        try:
            texts = self._pick(self._decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._read_parsed(Json(raw))
        return texts if _are_plain([texts]) else self._read_parsed(Json(raw))

    def read_all(self, raws: Raws) -> list[Texts]:
        """The same for many values; None has no texts."""
        present = [raw for raw in raws if raw is not None]
        try:
            found = [self._pick(each) for each in self._decode_all(b"[" + b",".join(present) + b"]")]
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = []
        if len(found) != len(present) or not _are_plain(found):
            found = [self.read(raw) for raw in present]
        following = iter(found)
        return [self.absent if raw is None else next(following) for raw in raws]

    def _read_parsed(self, value: Json) -> Texts:
        nodes = [value.get(*path) for path in self._paths]
        return tuple(None if node is None else node.text() for node in nodes)


def _are_plain(rows: Sequence[Texts]) -> bool:
    """Whether texts mean the same to Falco: they may need escapes, and end at a NUL."""
    every = "".join(filter(None, chain.from_iterable(rows)))
    return every.isascii() and "\0" not in every


def _struct(tree: Mapping[str, Any]) -> type[msgspec.Struct]:
    """A type for objects with strings in the places of a tree.

    A missing member is None or an empty object; a null, which has a text, does not fit.
    """
    names = {f"m{index}": key for index, key in enumerate(tree)}
    members: list[Any] = []
    for name, key in names.items():
        below = _struct(tree[key]) if tree[key] is not None else None
        members.append((name, str, None) if below is None else (name, below, below()))
    return msgspec.defstruct("Members", members, rename=names, frozen=True)


def _picker(tree: Mapping[str, Any], paths: Sequence[Path]) -> Callable[[Any], Texts]:
    """A function from an object of the tree's type to its strings in the order of the paths."""
    names = []
    for path in paths:
        node, steps = tree, []
        for key in path:
            steps.append(f"m{list(node).index(key)}")
            node = node[key]
        names.append(".".join(steps))
    pick: Callable[[Any], Any] = attrgetter(*names)
    return pick if len(names) > 1 else lambda value: (pick(value),)


class FieldReader:
    """Reads some fields that take no argument, of many events at once.

    Args:
        names: the fields, in the order in which their values are given.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._count = len(names)
        texts: dict[tuple[str, bool], list[tuple[int, Path]]] = {}
        others: dict[Path, list[tuple[int, Reading]]] = {}
        for index, name in enumerate(names):
            reading = READINGS[name]
            member, *below = reading.path
            if reading.is_text:
                texts.setdefault((member, bool(below)), []).append((index, tuple(below)))
            else:
                others.setdefault(reading.path, []).append((index, reading))
        self._others = tuple(others.items())
        self._texts = tuple(
            (member, [index for index, _ in found], TextReader([path for _, path in found]))
            for (member, _), found in texts.items()
        )

    def others(self, event: Json) -> dict[int, Any]:
        """The values that are no plain texts, by position; they are read from the whole event."""
        return {
            index: _stored(reading.value(event))
            for path, readings in self._others
            if has_path(event, path)
            for index, reading in readings
        }

    def columns(
        self, members: Mapping[str, Raws], others: Sequence[Mapping[int, Any]]
    ) -> list[Sequence[Any]]:
        """The values of all fields as columns.

        Args:
            members: the texts of the events' members.
            others: what ``others`` gave, event by event.
        """
        columns: list[Sequence[Any]] = [()] * self._count
        for member, indices, reader in self._texts:
            texts = zip(*reader.read_all(members[member]), strict=True)
            for index, column in zip(indices, texts, strict=True):
                columns[index] = column
        for _, readings in self._others:
            for index, _ in readings:
                columns[index] = [values.get(index) for values in others]
        return columns


def _stored(value: AuditValue) -> Any:
    return list(value) if isinstance(value, tuple) else value
