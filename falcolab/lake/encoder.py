"""Audit events into rows: every part interned, every field computed once per distinct part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from dataclasses import dataclass

import pyarrow as pa

from falcolab.fields.rawjson import Json, compact
from falcolab.lake.audit_event import own_text
from falcolab.lake.columns import EventColumns
from falcolab.lake.interner import Interner, Known, Parts
from falcolab.lake.schema import DIMENSION_OF_PART, DIMENSIONS, EVENTS, LAYOUT, LOCAL_BITS, OWN_COLUMNS
from falcolab.lang.strings import to_bytes, to_text
from falcolab.sources.audit_time import read_stamp
from falcolab.sources.k8s_audit import AuditEvent

Own = tuple[int | None, str | None]
"""``received`` and ``ka.auditid`` of an event."""

Shared = tuple[str, int]
"""What events of one shape have in common: ``json_rest`` and a number for their keys."""

_DIGESTED = 128
"""Texts longer than this are told apart by their digest, so that they need not stay in memory."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """The keys of an event in their order.

    Attributes:
        text: as JSON.
        rest: those that no dimension keeps, and how each begins in a JSON object.
    """

    text: bytes
    rest: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> _Layout:
        """The layout of an event with these keys."""
        quoted = {name: to_bytes(json.dumps(name, ensure_ascii=False)) for name in names}
        rest = tuple((name, quoted[name] + b":") for name in names if name not in DIMENSION_OF_PART)
        return cls(b"[" + b",".join(quoted.values()) + b"]", rest)


class AuditEncoder:
    """Collects events of one part of a capture as columns.

    Args:
        part: the number of the part, which makes its keys unique in the lake.
        first: the number of its first event within the capture.
    """

    def __init__(self, part: int, first: int) -> None:
        base = part << LOCAL_BITS
        self.interners = [Interner(dimension, base) for dimension in DIMENSIONS]
        self.events = EventColumns(base, first)
        self._target = Known("resource", "subresource")
        self._status = Known("code", "reason")
        self._decision = Known("authorization.k8s.io/decision")
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self._shared: dict[int | None, Shared] = {}

    def __len__(self) -> int:
        return self.events.rows

    @property
    def size(self) -> int:
        """About how many bytes of text it holds."""
        return self.events.size + sum(interner.columns.size for interner in self.interners)

    def add(self, event: AuditEvent) -> None:
        """Add the next event of the capture."""
        shared = self._shared.get(event.shape)
        if shared is None or event.brief is None:
            self._encode(event)
        else:
            time, received, audit_id, _ = event.brief
            self.events.append((time, received, audit_id, *shared))

    def _encode(self, event: AuditEvent) -> None:
        whole = event.json
        members = whole.members()
        names = tuple(members)
        parts = dict(zip(names, map(bytes, members.values()), strict=True))
        layout = self._layouts.get(names) or self._layouts.setdefault(names, _Layout.of(names))
        (received, audit_id), told = _own(event, parts)
        others = [key + parts[name] for name, key in layout.rest if name not in told]
        rest = to_text(compact(b"{" + b",".join(others) + b"}"))
        share = self.events.share(self._keys(parts, layout, whole))
        if event.shape is not None:
            self._shared[event.shape] = rest, share
        self.events.append((event.time, received, audit_id, rest, share))

    def _keys(self, parts: Parts, layout: _Layout, event: Json) -> list[int]:
        """The rows of the dimensions that an event refers to."""
        get = parts.get
        reference, status, annotations = get("objectRef"), get("responseStatus"), get("annotations")
        target = self._target.texts.get(reference) or self._target.add(reference)
        outcome = self._status.texts.get(status) or self._status.add(status)
        decision = self._decision.texts.get(annotations) or self._decision.add(annotations)
        of_pod = target[0] == "pods" and not target[1]
        identified = "auditID" in parts
        identities = (
            (
                *(get("kind"), get("apiVersion"), get("level"), get("stage"), get("verb"), layout.text),
                *(target, outcome, decision, identified),
            ),
            (
                *(get("user"), get("impersonatedUser"), get("sourceIPs"), get("userAgent"), annotations),
                identified,
            ),
            (reference, get("requestURI"), identified),
            (_identity(get("requestObject")), identified),
            (status, _identity(get("responseObject")), of_pod, identified),
        )
        parts[LAYOUT] = layout.text
        return [
            interner.keys.get(identity) or interner.add(identity, parts, event, identified=identified)
            for interner, identity in zip(self.interners, identities, strict=True)
        ]

    def tables(self) -> dict[str, pa.Table]:
        """Events and dimensions as Arrow tables, by name."""
        dimensions = {interner.dimension.name: interner.columns.table() for interner in self.interners}
        return {EVENTS: self.events.table(), **dimensions}


def _identity(raw: bytes | None) -> bytes | None:
    return raw if raw is None or len(raw) <= _DIGESTED else hashlib.sha256(raw).digest()


def _own(event: AuditEvent, parts: Parts) -> tuple[Own, Container[str]]:
    """An event's own values, and the members whose text can be had from the columns of events."""
    if event.brief is not None:
        return event.brief[1:3], OWN_COLUMNS
    audit_id, told = parts.get("auditID"), set()
    text = None if audit_id is None else Json(audit_id).text()
    if text is not None and own_text(text) == audit_id:
        told.add("auditID")
    received = read_stamp(parts.get("requestReceivedTimestamp", b""))
    if received is not None:
        told.add("requestReceivedTimestamp")
    if read_stamp(parts.get("stageTimestamp", b"")) is not None:
        told.add("stageTimestamp")
    return (received, text), told
