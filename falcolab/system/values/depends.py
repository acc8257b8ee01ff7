"""On which parts of the state the value of a field with its argument depends."""

from __future__ import annotations

from functools import cache

from falcolab.lang.typed import FieldValue
from falcolab.system.event_type import Param
from falcolab.system.tables import event_types
from falcolab.system.values.context import Extractor, Part
from falcolab.system.values.process import positive_index

_BY_TYPE: dict[str, Part] = {
    "FD": Part.TABLE,
    "FDLIST": Part.TABLE,
    "DYN": Part.TABLE,
    "PID": Part.THREADS,
    "UID": Part.USER | Part.PROCESS,
    "GID": Part.USER | Part.PROCESS,
    "FSPATH": Part.PROCESS,
    "FSRELPATH": Part.PROCESS | Part.TABLE,
}
"""On what the text of a parameter depends beside the event, by its type."""

_ANCESTRAL = frozenset(
    {"proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.aargs", "proc.apid"}
)


def param_depends(param: Param) -> Part:
    """On what the text of a parameter depends."""
    return Part.EVENT | _BY_TYPE.get(param.type, Part.NONE)


@cache
def argument_depends(name: str) -> Part:
    """On what ``evt.arg.NAME`` depends, whatever the event."""
    parts = Part.EVENT
    for type_ in event_types():
        for param in type_.params:
            if param.name == name:
                parts |= param_depends(param)
    return parts


def depends(value: FieldValue, extractor: Extractor) -> Part:
    """On what a field depends, its argument considered: ``proc.aname[0]`` is the process's own name."""
    arg, index = value.arg, positive_index(value.arg)
    if value.field.name == "evt.arg" and arg is not None and index is None:
        return argument_depends(arg)
    return Part.PROCESS if value.field.name in _ANCESTRAL and index == 0 else extractor.depends
