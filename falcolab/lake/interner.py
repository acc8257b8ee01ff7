"""Dimension rows, one for each distinct combination of an event's parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from falcolab.fields.rawjson import Json, compact
from falcolab.lake.columns import Columns
from falcolab.lake.reader import FieldReader, Raws, TextReader, Texts
from falcolab.lake.schema import Dimension
from falcolab.lang.strings import to_text

Parts = dict[str, bytes]
"""The texts of an event's members."""


class _PartColumns(Columns):
    """The rows of a dimension, whose texts and fields are made a batch at a time.

    A row is its key, whether events have an id, the fields that are no texts, and the members.
    """

    def __init__(self, dimension: Dimension, fields: FieldReader) -> None:
        super().__init__(dimension.schema)
        self._dimension, self._fields = dimension, fields

    def _columns(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[Any]]:
        keys, identified, others, *raws = zip(*rows, strict=True)
        members = dict(zip((*self._dimension.parts, *self._dimension.given), raws, strict=True))
        texts = [_texts(members[name]) for name in self._dimension.parts]
        if not all(identified):
            members = {
                name: tuple(raw if known else None for raw, known in zip(column, identified, strict=True))
                for name, column in members.items()
            }
        return [keys, identified, *texts, *self._fields.columns(members, others)]


def _texts(raws: Raws) -> list[str | None]:
    """JSON texts as the lake keeps them: without blanks, in characters."""
    if b"".join(filter(None, raws)).isascii():
        return [None if raw is None else compact(raw).decode() for raw in raws]
    return [None if raw is None else to_text(compact(raw)) for raw in raws]


class Interner:
    """The rows of one dimension, by what makes them distinct.

    Args:
        dimension: which one.
        base: what is added to the number of a row to get its key.

    Attributes:
        keys: the key of each row.
        columns: the rows.
    """

    def __init__(self, dimension: Dimension, base: int) -> None:
        self.dimension = dimension
        self.keys: dict[Any, int] = {}
        self._base = base
        self._members = (*dimension.parts, *dimension.given)
        self._fields = FieldReader(dimension.fields)
        self.columns: Columns = _PartColumns(dimension, self._fields)

    def add(self, identity: Any, parts: Parts, event: Json, *, identified: bool) -> int:
        """A new row for what is distinct about an event; gives its key."""
        key = self.keys[identity] = self._base | len(self.keys)
        raws = [parts.get(name) for name in self._members]
        others = self._fields.others(event) if identified else {}
        self.columns.append((key, identified, others, *raws), size=sum(map(len, filter(None, raws))))
        return key


class Known:
    """Some texts in a member of events, found once per distinct member.

    Args:
        keys: of the texts within the member.

    Attributes:
        texts: what has been found.
    """

    def __init__(self, *keys: str) -> None:
        self._reader = TextReader([(key,) for key in keys])
        self._shared: dict[Texts, Texts] = {}
        self.texts: dict[bytes | None, Texts] = {None: self._reader.absent}

    def add(self, raw: bytes | None) -> Texts:
        """The texts in a member that has not been seen before; equal answers are one object."""
        texts = self._reader.read(raw) if raw is not None else self._reader.absent
        self.texts[raw] = texts = self._shared.setdefault(texts, texts)
        return texts
