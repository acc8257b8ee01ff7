"""Reading the fields of a dimension's row, with little work for what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from falcolab.fields.audit_values import READINGS, AuditValue, Path, Reading, has_path
from falcolab.fields.rawjson import Json

Texts = tuple[str | None, ...]


class TextReader:
    """Reads the texts of some members of a JSON value, in one go where they are plain ASCII strings.

    Args:
        paths: of the members, at least one key each.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.absent: Texts = (None,) * len(paths)
        tree: dict[str, Any] = {}
        for path in paths:
            node = tree
            for key in path[:-1]:
                node = node.setdefault(key, {})
            node[path[-1]] = None
        self._decode = msgspec.json.Decoder(_struct(tree)).decode
        self._pick = _picker(tree, paths)

    def read(self, raw: bytes) -> Texts:
        """The texts, None for members that are missing."""
        try:
            texts = self._pick(self._decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._read_parsed(Json(raw))
        every = "".join(filter(None, texts))
        return texts if every.isascii() and "\0" not in every else self._read_parsed(Json(raw))

    def _read_parsed(self, value: Json) -> Texts:
        nodes = [value.get(*path) for path in self._paths]
        return tuple(None if node is None else node.text() for node in nodes)


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
    """Reads some fields that take no argument.

    Args:
        names: the fields, in the order in which their values are given.

    Attributes:
        absent: the values for an event that has none of the fields.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.absent: list[Any] = [None] * len(names)
        self._whole: list[tuple[int, str]] = []
        texts: dict[str, list[tuple[int, Path]]] = {}
        others: dict[Path, list[tuple[int, Reading]]] = {}
        for index, name in enumerate(names):
            reading = READINGS[name]
            member, *below = reading.path
            if not reading.is_text:
                others.setdefault(reading.path, []).append((index, reading))
            elif below:
                texts.setdefault(member, []).append((index, tuple(below)))
            else:
                self._whole.append((index, member))
        self._others = tuple(others.items())
        self._texts = tuple(
            (member, [index for index, _ in found], TextReader([path for _, path in found]))
            for member, found in texts.items()
        )

    def read(self, event: Json, parts: Mapping[str, bytes]) -> list[Any]:
        """The values as Arrow takes them, from an event and the texts of its members."""
        values = self.absent.copy()
        for index, member in self._whole:
            if member in parts:
                values[index] = Json(parts[member]).text()
        for member, indices, reader in self._texts:
            if member in parts:
                for index, text in zip(indices, reader.read(parts[member]), strict=True):
                    values[index] = text
        for path, readings in self._others:
            if has_path(event, path):
                for index, reading in readings:
                    values[index] = _stored(reading.value(event))
        return values


def _stored(value: AuditValue) -> Any:
    return list(value) if isinstance(value, tuple) else value
