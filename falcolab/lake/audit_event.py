"""An audit event put together again from its row and the dimensions' rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from falcolab.fields.rawjson import Json
from falcolab.lake.schema import DIMENSION_OF_PART, LAYOUT, OWN_COLUMNS, part_column
from falcolab.lang.strings import to_bytes
from falcolab.sources.audit_time import stamp


def own_text(value: str | int) -> bytes:
    """The JSON text of a member that a column of events tells: an id or a time."""
    return f'"{stamp(value)}"'.encode() if isinstance(value, int) else b'"' + to_bytes(value) + b'"'


def assemble(values: Mapping[str, Any]) -> Json:
    """The event whose parts have these texts, its members in their original order.

    Args:
        values: ``json_rest`` and the ``OWN_COLUMNS`` of its row, and the ``json_...`` columns of all
            dimensions.
    """
    rest = Json(to_bytes(values["json_rest"] or "{}")).members()
    members: dict[str, bytes] = {}
    for name in json.loads(values[part_column(LAYOUT)] or "[]"):
        if name in DIMENSION_OF_PART:
            members[name] = to_bytes(values[part_column(name)] or "null")
        else:
            members[name] = bytes(rest[name]) if name in rest else own_text(values[OWN_COLUMNS[name]])
    body = b",".join(
        to_bytes(json.dumps(name, ensure_ascii=False)) + b":" + raw for name, raw in members.items()
    )
    return Json(b"{" + body + b"}")
