"""An audit event put together again from its row and the dimensions' rows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from falcolab.fields.rawjson import Json
from falcolab.lake.schema import DIMENSION_OF_PART, LAYOUT, part_column
from falcolab.lang.strings import to_bytes


def assemble(texts: Mapping[str, str | None]) -> Json:
    """The event whose parts have these texts, its members in their original order.

    Args:
        texts: ``json_rest`` and the ``json_...`` columns of all dimensions.
    """
    rest = Json(to_bytes(texts["json_rest"] or "{}")).members()
    members: dict[str, bytes] = {}
    for name in json.loads(texts[part_column(LAYOUT)] or "[]"):
        if name in DIMENSION_OF_PART:
            members[name] = to_bytes(texts[part_column(name)] or "null")
        else:
            members[name] = bytes(rest[name])
    body = b",".join(
        json.dumps(name, ensure_ascii=False).encode() + b":" + raw for name, raw in members.items()
    )
    return Json(b"{" + body + b"}")
