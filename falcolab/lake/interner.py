"""Dimension rows, one for each distinct combination of an event's parts."""

from __future__ import annotations

from typing import Any

from falcolab.fields.rawjson import Json, compact
from falcolab.lake.columns import Columns
from falcolab.lake.reader import FieldReader, TextReader, Texts
from falcolab.lake.schema import Dimension
from falcolab.lang.strings import to_text

Parts = dict[str, bytes]
"""The texts of an event's members."""


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
        self.columns = Columns(dimension.schema)
        self._base = base
        self._fields = FieldReader(dimension.fields)

    def add(self, identity: Any, parts: Parts, event: Json, *, identified: bool) -> int:
        """A new row for what is distinct about an event; gives its key."""
        key = self.keys[identity] = self._base | len(self.keys)
        raws = [parts.get(name) for name in self.dimension.parts]
        texts = [None if raw is None else to_text(compact(raw)) for raw in raws]
        values = self._fields.read(event, parts) if identified else self._fields.absent
        self.columns.append((key, identified, *texts, *values), size=sum(map(len, filter(None, texts))))
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
