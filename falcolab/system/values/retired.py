"""Fields that Falco still accepts though nothing stands behind them any more.

Source: ``userspace/libsinsp/sinsp_filtercheck_event.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from falcolab.lang.strings import to_text
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.strings import captured

_INFRASTRUCTURE = 286
_SHORT_ID = 12


def _constant(value: Value) -> Extractor:
    return Extractor(lambda _context, _arg: value, Part.NONE)


def _docker(key: bytes, limit: int | None = None) -> Extractor:
    """What the description of a Docker daemon's event says after ``key:``."""

    def extract(context: Context, _arg: str | None) -> str | None:
        params = context.event.params
        if context.event.type.id != _INFRASTRUCTURE or len(params) < 3:
            return None
        for item in captured(params[2]).split(b";"):
            name, _, value = item.strip().partition(b":")
            if name.startswith(key):
                return to_text(value.strip()[:limit])
        return None

    return Extractor(extract, Part.EVENT)


FIELDS: dict[str, Extractor] = {
    **{f"evt.latency{part}": _constant(0) for part in ("", ".s", ".ns", ".quantized")},
    "evt.latency.human": _constant("0ns"),
    "evt.wait_latency": _constant(0),
    **{f"evt.deltatime{part}": _constant(0) for part in ("", ".s", ".ns")},
    "evt.infra.docker.name": _docker(b"Event"),
    "evt.infra.docker.container.id": _docker(b"ID", _SHORT_ID),
    "evt.infra.docker.container.name": _docker(b"name"),
    "evt.infra.docker.container.image": _docker(b"Image"),
}
"""The fields without meaning."""
