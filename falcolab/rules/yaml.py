"""YAML with positions, read the way Falco's YAML library sees it.

Scalars stay text until somebody asks for a type; a plain ``~``, ``null`` or nothing is
null; of equal keys the first counts. Nesting is limited as in yaml-cpp, and aliases may
not blow a small file up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from falcolab.errors import RulesError

MAX_DEPTH = 500
"""The nesting at which yaml-cpp gives up (``DepthGuard`` of its parser)."""
MAX_ALIASED_NODES = 100_000
"""How many nodes a document may have once its aliases are followed."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "yes", "true", "on"})
_FALSE = frozenset({"n", "no", "false", "off"})

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


@dataclass(slots=True)
class Node:
    """A value in a YAML document.

    Attributes:
        mark: where it begins.
        scalar: its text, for a scalar.
        plain: whether a scalar stands without quotes.
        items: its elements, for a sequence.
        pairs: its keys and values in order, for a mapping.
    """

    mark: Mark
    scalar: str | None = None
    plain: bool = False
    items: list[Node] | None = None
    pairs: list[tuple[Node, Node]] | None = None
    size: int = field(default=1, repr=False)

    @property
    def is_null(self) -> bool:
        """Whether it is YAML's null."""
        return self.scalar is not None and self.plain and self.scalar in _NULLS

    @property
    def is_scalar(self) -> bool:
        """Whether it is a scalar other than null."""
        return self.scalar is not None and not self.is_null

    def get(self, key: str) -> Node | None:
        """The value of a mapping's first such key; None where there is none."""
        return next((value for name, value in self.pairs or () if name.scalar == key), None)

    def keys(self) -> Iterator[str]:
        """The scalar keys of a mapping."""
        return (name.scalar for name, _ in self.pairs or () if name.scalar is not None)

    def as_bool(self) -> bool | None:
        """A scalar as YAML 1.1 truth, None where it is none."""
        text = self.scalar or ""
        if text not in (text.lower(), text.upper(), text.capitalize()):
            return None
        return text.lower() in _TRUE if text.lower() in _TRUE | _FALSE else None


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
        mark = error.problem_mark or error.context_mark
        raise YamlError(_explain(error), _mark(mark)) from None
    except yaml.reader.ReaderError as error:
        raise YamlError(f"{error.reason} (character {error.character!r})", Mark()) from None


def _explain(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return ", ".join(parts) or str(error)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line, mark.column, mark.index) if mark else Mark()


def _documents(events: Iterator[Any]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _Composer(events).compose()


class _Composer:
    """Builds one document from parser events with a stack of its own."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, Node] = {}

    def compose(self) -> Node:
        open_nodes: list[tuple[Node, list[Node]]] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                node = _finish(*open_nodes.pop())
            else:
                node = self._node(event)
                if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                    open_nodes.append((node, []))
                    if len(open_nodes) > MAX_DEPTH:
                        raise YamlError(f"nested deeper than {MAX_DEPTH} levels", node.mark)
                    continue
            if not open_nodes:
                return node
            open_nodes[-1][1].append(node)
        raise YamlError("document ends early", Mark())

    def _node(self, event: Any) -> Node:
        mark = _mark(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise YamlError(f"unknown alias '{event.anchor}'", mark)
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            node = Node(mark, scalar=event.value, plain=bool(event.implicit[0] and not event.style))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Node(mark, items=[])
        else:
            node = Node(mark, pairs=[])
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node


def _finish(node: Node, content: list[Node]) -> Node:
    node.size = 1 + sum(child.size for child in content)
    if node.size > MAX_ALIASED_NODES:
        raise YamlError(f"more than {MAX_ALIASED_NODES} values once aliases are followed", node.mark)
    if node.items is not None:
        node.items.extend(content)
    elif node.pairs is not None:
        node.pairs.extend(zip(content[::2], content[1::2], strict=True))
    return node
