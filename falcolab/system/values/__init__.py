"""The value of every syscall field for one event, from the event and the system tables.

::

    context = Context.of(event, machine)          # before the machine takes the next event
    FIELDS["proc.aname"].value(context, "2")      # what conditions compare
    FIELDS["evt.buffer"].shown_value(context, None)   # what alerts print

``FIELDS`` has an entry for every field of the catalogue's source ``syscall``. An entry says how
the value is found and on which parts of the state it depends (:class:`Part`), by which the lake
decides where to store it. A field that means several values at once, such as ``fd.ip`` or
``proc.aname`` without number, gives a tuple of candidates; how an operator is applied to them
is told by ``Field.reading`` of the catalogue and done in :mod:`falcolab.engine.event`.
"""

from __future__ import annotations

from collections.abc import Mapping

from falcolab.fields.unsupported import UNSUPPORTED
from falcolab.system.values import (
    arguments,
    connection,
    container,
    descriptor,
    event,
    lineage,
    paths,
    polled,
    process,
    results,
    retired,
    usage,
    user,
)
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.shown import to_json, to_line

__all__ = ["FIELDS", "UNSUPPORTED", "Context", "Extractor", "Part", "Value", "to_json", "to_line"]

FIELDS: Mapping[str, Extractor] = {
    **event.FIELDS,
    **results.FIELDS,
    **arguments.FIELDS,
    **retired.FIELDS,
    **process.FIELDS,
    **usage.FIELDS,
    **lineage.FIELDS,
    **user.FIELDS,
    **descriptor.FIELDS,
    **connection.FIELDS,
    **polled.FIELDS,
    **paths.FIELDS,
    **container.FIELDS,
}
"""How each field gets its value, by name."""
