"""Audit events into rows: every part interned, every field computed once per distinct part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa

from falcolab.fields.audit_values import AuditValue, extract
from falcolab.fields.rawjson import Json, compact
from falcolab.lake.schema import (
    DIMENSION_OF_PART,
    DIMENSIONS,
    EVENT_SCHEMA,
    IDENTIFIED,
    LOCAL_BITS,
    Dimension,
    part_column,
)
from falcolab.lang.strings import to_text
from falcolab.sources.k8s_audit import AuditEvent

Buffers = Mapping[str, Any]


class _Interner:
    """The rows of one dimension, by what makes them distinct."""

    def __init__(self, dimension: Dimension) -> None:
        self.dimension = dimension
        self.ids: dict[Any, int] = {}
        self.columns: dict[str, list[Any]] = {name: [] for name in dimension.schema.names}

    def add(self, key: Any, base: int, parts: Mapping[str, bytes | None], *, identified: bool) -> int:
        """A new row for ``key``, made from the parts of an event."""
        row = base | len(self.ids)
        self.ids[key] = row
        self.columns[self.dimension.key].append(row)
        self.columns[IDENTIFIED].append(identified)
        for part in self.dimension.parts:
            raw = parts.get(part)
            self.columns[part_column(part)].append(None if raw is None else to_text(compact(raw)))
        event = Json.of_parts(parts)
        for name in self.dimension.fields:
            self.columns[name].append(_stored(extract(name, None, event)) if identified else None)
        return row

    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        return pa.table(
            [pa.array(self.columns[field.name], field.type) for field in self.dimension.schema],
            schema=self.dimension.schema,
        )


def _stored(value: AuditValue) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _remembered(function: Callable[[bytes | None], Any]) -> Callable[[bytes | None], Any]:
    """A function of a part's text that is called once per distinct text."""
    known: dict[bytes | None, Any] = {}

    def call(raw: bytes | None) -> Any:
        found = known.get(raw)
        if found is None:
            found = known[raw] = function(raw)
        return found

    return call


def _texts(part: str, *paths: tuple[str, ...]) -> Callable[[bytes | None], Any]:
    def read(raw: bytes | None) -> tuple[str | None, ...]:
        event = Json.of_parts({part: raw})
        nodes = [event.get(part, *path) for path in paths]
        return tuple(None if node is None else node.text() for node in nodes)

    return _remembered(read)


class AuditEncoder:
    """Collects events of one part of a capture as columns.

    Args:
        part: the number of the part, which makes its keys unique in the lake.
    """

    def __init__(self, part: int) -> None:
        self.base = part << LOCAL_BITS
        self.interners = {dimension.name: _Interner(dimension) for dimension in DIMENSIONS}
        self.actions, self.actors, self.objects, self.requests, self.responses = self.interners.values()
        self.events: dict[str, list[Any]] = {name: [] for name in EVENT_SCHEMA.names}
        self._columns = tuple(self.events.values())
        self._target = _texts("objectRef", ("resource",), ("subresource",))
        self._status = _texts("responseStatus", ("code",), ("reason",))
        self._decision = _texts("annotations", ("authorization.k8s.io/decision",))
        self._layouts: dict[tuple[str, ...], bytes] = {}

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, event: AuditEvent, num: int) -> None:
        """Add an event under its number within the capture."""
        members = event.json.members()
        part = {name: bytes(raw) for name, raw in members.items()}
        get = part.get
        audit_id = get("auditID")
        identified = audit_id is not None
        reference, status, annotations = get("objectRef"), get("responseStatus"), get("annotations")
        layout = self._layout(tuple(members))
        target = self._target(reference)
        keys = (
            self._intern(
                self.actions,
                (
                    *(get("kind"), get("apiVersion"), get("level"), get("stage"), get("verb"), layout),
                    *(*target, self._status(status), self._decision(annotations), identified),
                ),
                part,
                layout=layout,
            ),
            self._intern(
                self.actors,
                (
                    *(get("user"), get("impersonatedUser"), get("sourceIPs")),
                    *(get("userAgent"), annotations, identified),
                ),
                part,
            ),
            self._intern(self.objects, (reference, get("requestURI"), identified), part),
            self._intern(self.requests, (get("requestObject"), identified), part),
            self._intern(
                self.responses,
                (status, get("responseObject"), target[0] == "pods" and not target[1], identified),
                part,
            ),
        )
        text, rest = _audit_id(audit_id), _rest(part)
        row = (self.base | num, num, event.time, text, rest, *keys)
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def _layout(self, names: tuple[str, ...]) -> bytes:
        layout = self._layouts.get(names)
        if layout is None:
            layout = self._layouts[names] = json.dumps(names, ensure_ascii=False).encode(errors="replace")
        return layout

    def _intern(
        self, interner: _Interner, key: Any, part: dict[str, bytes], layout: bytes | None = None
    ) -> int:
        found = interner.ids.get(key)
        if found is not None:
            return found
        dimension = interner.dimension
        parts = {name: part.get(name) for name in (*dimension.parts, *dimension.given)}
        if layout is not None:
            parts["layout"] = layout
        return interner.add(key, self.base, parts, identified=key[-1])

    def tables(self) -> dict[str, pa.Table]:
        """Events and dimensions as Arrow tables, by name."""
        events = pa.table(
            [pa.array(self.events[field.name], field.type) for field in EVENT_SCHEMA], schema=EVENT_SCHEMA
        )
        return {"events": events, **{name: interner.table() for name, interner in self.interners.items()}}


def _audit_id(raw: bytes | None) -> str | None:
    return None if raw is None else Json(raw).text()


_PARTS = frozenset(DIMENSION_OF_PART)
_quoted_key = lru_cache(maxsize=1024)(lambda name: json.dumps(name, ensure_ascii=False))


def _rest(part: dict[str, bytes]) -> str:
    """The members that no dimension keeps, as a JSON object."""
    members = [
        f"{_quoted_key(name)}:{to_text(compact(raw))}" for name, raw in part.items() if name not in _PARTS
    ]
    return "{" + ",".join(members) + "}"
