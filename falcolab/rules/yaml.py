"""YAML with positions, read the way Falco's YAML library sees it.

Scalars stay text until somebody asks for a type; a plain ``~``, ``null`` or nothing is
null; of equal keys the first counts. Nesting is limited as in yaml-cpp, and aliases may
neither blow a small file up nor stand inside of what they mean.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from falcolab.errors import RulesError
from falcolab.lang.strings import to_text

MAX_DEPTH = 500
"""The nesting at which yaml-cpp gives up (``DepthGuard`` of its parser)."""
MAX_NODES = 1_500_000
"""How many values a document may have once its aliases are followed."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "yes", "true", "on"})
_FALSE = frozenset({"n", "no", "false", "off"})

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; all three count from 0."""

    line: int = 0
    column: int = 0
    offset: int = 0


class YamlError(RulesError):
    """The text is no YAML, or YAML of a form that is refused."""

    def __init__(self, message: str, mark: Mark) -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark


@dataclass(slots=True, eq=False)
class Node:
    """A value in a YAML document.

    Attributes:
        place: where it begins, as the YAML library tells it.
        scalar: its text, for a scalar.
        plain: whether a scalar stands without quotes.
        items: its elements, for a sequence.
        pairs: its keys and values in order, for a mapping.
        size: how many values it consists of, aliases followed.
    """

    place: Any
    scalar: str | None = None
    plain: bool = False
    items: list[Node] | None = None
    pairs: list[tuple[Node, Node]] | None = None
    size: int = 1

    @property
    def mark(self) -> Mark:
        """Where it begins."""
        return _mark(self.place)

    @property
    def is_null(self) -> bool:
        """Whether it is YAML's null."""
        return self.plain and self.scalar in _NULLS

    @property
    def is_scalar(self) -> bool:
        """Whether it is a scalar other than null."""
        return self.scalar is not None and not (self.plain and self.scalar in _NULLS)

    def get(self, key: str) -> Node | None:
        """The value of a mapping's first such key; None where there is none."""
        return next((value for name, value in self.pairs or () if name.scalar == key), None)

    def names(self) -> Iterator[str]:
        """The scalar keys of a mapping."""
        return (name.scalar for name, _ in self.pairs or () if name.scalar is not None)

    def as_bool(self) -> bool | None:
        """A scalar as YAML 1.1 truth, None where it is none."""
        text = self.scalar or ""
        if text not in (text.lower(), text.upper(), text.capitalize()):
            return None
        return text.lower() in _TRUE if text.lower() in _TRUE | _FALSE else None


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, or what its byte order mark says.

    Bytes that are no UTF-8 stay as :func:`falcolab.lang.strings.to_text` has them, so that a rule
    may compare with them.

    Raises:
        YamlError: the bytes are not of the encoding that their mark announces.
    """
    for bom, encoding in _ENCODINGS:
        if content.startswith(bom):
            try:
                return content[len(bom) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise YamlError(f"not {encoding.upper()} at byte {error.start}", Mark()) from None
    return to_text(content.removeprefix(codecs.BOM_UTF8))


def load_all(text: str) -> list[Node]:
    """The documents of a text.

    A quoted scalar that never ends is closed at the end of the text, as yaml-cpp does.

    Raises:
        YamlError: it is no YAML, too deep, or its aliases multiply.
    """
    try:
        return list(_documents(yaml.parse(text, Loader=_LOADER)))
    except yaml.MarkedYAMLError as error:
        opening = error.context_mark
        unclosed = error.context == "while scanning a quoted scalar" and "end of" in (error.problem or "")
        if unclosed and opening is not None:
            return load_all(text + text[opening.index])
        raise YamlError(_explain(error), _mark(error.problem_mark or opening)) from None
    except yaml.reader.ReaderError as error:
        character = (
            error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        )
        raise YamlError(f"{error.reason} (character U+{character:04X})", _mark_at(text, character)) from None


def _explain(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return ", ".join(parts) or str(error)


def _mark(place: Any) -> Mark:
    return Mark(place.line, place.column, place.index) if place else Mark()


def _mark_at(text: str, character: int) -> Mark:
    """The place of the first such character."""
    index = max(text.find(chr(character)), 0)
    return Mark(text.count("\n", 0, index), index - text.rfind("\n", 0, index) - 1, index)


def _documents(events: Iterator[Any]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _compose(events)


def _compose(events: Iterator[Any]) -> Node:
    """One document from parser events; nesting is followed with a stack of its own."""
    anchors: dict[str, Node] = {}
    top: list[Node] = []
    content, enclosing = top, list[tuple[Node, str | None, list[Node]]]()
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            node = Node(event.start_mark, event.value, bool(event.implicit[0] and not event.style))
            anchor = event.anchor
        elif kind is yaml.AliasEvent:
            node, anchor = _meant(event, anchors), None
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            node, anchor, outer = enclosing.pop()
            _finish(node, content)
            content = outer
        elif kind is yaml.DocumentEndEvent:
            return top[0]
        else:
            node = Node(event.start_mark)
            if kind is yaml.SequenceStartEvent:
                node.items = []
            enclosing.append((node, event.anchor, content))
            content = []
            if len(enclosing) > MAX_DEPTH:
                raise YamlError(f"nested deeper than {MAX_DEPTH} levels", node.mark)
            continue
        if anchor is not None:
            anchors[anchor] = node
        content.append(node)
    raise YamlError("document ends early", Mark())


def _meant(event: Any, anchors: dict[str, Node]) -> Node:
    node = anchors.get(event.anchor)
    if node is None:
        raise YamlError(f"unknown alias '{event.anchor}'", _mark(event.start_mark))
    return node


def _finish(node: Node, content: list[Node]) -> None:
    node.size = 1 + sum(child.size for child in content)
    if node.size > MAX_NODES:
        raise YamlError(f"more than {MAX_NODES:,} values once aliases are followed", node.mark)
    if node.items is not None:
        node.items = content
    else:
        node.pairs = list(zip(content[::2], content[1::2], strict=True))
