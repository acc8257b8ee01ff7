"""The tables of the lake for Kubernetes audit events: which column holds which field.

An event row keeps what is its own (time, number, audit id, whatever no dimension takes)
and keys into five dimensions, whose rows are interned by value. A dimension keeps the
JSON text of some parts of the event, from which every field can be computed, and as
columns the values of the fields that depend on those parts alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from falcolab.fields.audit_values import READINGS
from falcolab.fields.catalogue import K8S_AUDIT, SOURCES

FORMAT = 3
"""The version of the lake's layout."""

EVENTS = "events"
IDENTIFIED = "identified"
"""Whether the events of a row have an audit id; Falco gives no ``ka.*`` field to those without."""
LAYOUT = "layout"
"""Kept like a part of the event, but none: the order of its keys."""
LOCAL_BITS = 32
"""Keys are ``part << LOCAL_BITS | row``: unique in the lake, and an index within their part."""


@dataclass(frozen=True)
class Dimension:
    """A table of interned rows.

    Attributes:
        name: of the table, and of its folder.
        key: the column that events refer to.
        parts: the top-level keys of an event whose JSON text its rows keep.
        fields: the fields it has as columns, computed from its parts and ``given``.
        given: parts that its fields depend on although another dimension keeps them.
    """

    name: str
    key: str
    parts: tuple[str, ...]
    fields: tuple[str, ...]
    given: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of its files."""
        columns = [pa.field(self.key, pa.int64(), nullable=False), pa.field(IDENTIFIED, pa.bool_())]
        columns += [pa.field(part_column(part), pa.string()) for part in self.parts]
        columns += [pa.field(name, _arrow_type(name)) for name in self.fields]
        return pa.schema(columns)


def part_column(part: str) -> str:
    """The column that keeps the JSON text of a part of the event."""
    return f"json_{part}"


def _arrow_type(field: str) -> pa.DataType:
    is_list = SOURCES[K8S_AUDIT].fields[field].is_list
    return pa.list_(pa.string()) if is_list else pa.string()


_ACTION_FIELDS = (
    *("ka.stage", "ka.verb", "ka.target.resource", "ka.target.subresource"),
    *("ka.response.code", "ka.response.reason", "ka.auth.decision"),
)
_OBJECT_FIELDS = ("ka.target.name", "ka.target.namespace", "ka.req.configmap.name", "ka.uri")
_RESPONSE_FIELDS = ("ka.resp.name", "ka.target.pod.name")
_ACTOR_FIELDS = (
    *("ka.user.name", "ka.user.groups", "ka.impuser.name", "ka.useragent", "ka.auth.reason"),
    *("ka.auth.openshift.decision", "ka.auth.openshift.username", "ka.validations.admission.policy.failure"),
    *("ka.security.pod.violations", "ka.cluster.name"),
)
_REQUEST_FIELDS = tuple(
    name
    for name, reading in READINGS.items()
    if reading.path[:1] == ("requestObject",) and name != "ka.req.volume.hostpath"
)

DIMENSIONS = (
    Dimension(
        "audit_actions",
        "action_id",
        ("kind", "apiVersion", "level", "stage", "verb", LAYOUT),
        _ACTION_FIELDS,
        given=("objectRef", "responseStatus", "annotations"),
    ),
    Dimension(
        "audit_actors",
        "actor_id",
        ("user", "impersonatedUser", "sourceIPs", "userAgent", "annotations"),
        _ACTOR_FIELDS,
    ),
    Dimension("audit_objects", "object_id", ("objectRef", "requestURI"), _OBJECT_FIELDS),
    Dimension("audit_requests", "request_id", ("requestObject",), _REQUEST_FIELDS),
    Dimension(
        "audit_responses",
        "response_id",
        ("responseStatus", "responseObject"),
        _RESPONSE_FIELDS,
        given=("objectRef",),
    ),
)
"""The dimensions of audit events."""

KEYS = tuple(dimension.key for dimension in DIMENSIONS)

EVENT_SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.int64(), nullable=False),
        pa.field("num", pa.int64(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("received", pa.int64()),
        pa.field("ka.auditid", pa.string()),
        pa.field("json_rest", pa.string(), nullable=False),
        *(pa.field(key, pa.int64(), nullable=False) for key in KEYS),
    ]
)
"""Events: ``num`` counts from 1 within a capture; ``time`` (of the stage) and ``received`` (of the
request) are in nanoseconds since 1970 (UTC); ``json_rest`` is a JSON object of the members that neither
a dimension keeps nor these columns tell."""

OWN_COLUMNS = {"auditID": "ka.auditid", "requestReceivedTimestamp": "received", "stageTimestamp": "time"}
"""The column of events that tells a member's text, unless ``json_rest`` does since it is an odd one."""

TABLE_OF_FIELD = {
    **{name: dimension for dimension in DIMENSIONS for name in dimension.fields},
}
"""The dimension that has a field as a column."""

DIMENSION_OF_PART = {
    part: dimension for dimension in DIMENSIONS for part in dimension.parts if part != LAYOUT
}
"""The dimension that keeps the text of a part of the event."""
