"""Fields of every event, whatever its source: number, times, origin."""

from __future__ import annotations

from falcolab.fields.field import Field
from falcolab.fields.types import Type

GENERIC: tuple[Field, ...] = (
    Field("evt.num", Type.UINT64, "Position of the event in the stream, counted from 1."),
    Field("evt.time", Type.CHARBUF, "Local time of day at which the event happened, with nanoseconds."),
    Field("evt.time.s", Type.CHARBUF, "Local time of day at which the event happened, in whole seconds."),
    Field(
        "evt.time.iso8601", Type.CHARBUF, "Moment of the event in UTC, written as ISO 8601 with nanoseconds."
    ),
    Field("evt.datetime", Type.CHARBUF, "Local date and time of the event, with nanoseconds."),
    Field("evt.datetime.s", Type.CHARBUF, "Local date and time of the event, in whole seconds."),
    Field("evt.rawtime", Type.ABSTIME, "Moment of the event in nanoseconds since the Unix epoch."),
    Field("evt.rawtime.s", Type.ABSTIME, "Moment of the event in whole seconds since the Unix epoch."),
    Field("evt.rawtime.ns", Type.ABSTIME, "Nanoseconds of the event's moment beyond its whole second."),
    Field("evt.reltime", Type.RELTIME, "Nanoseconds between the first event of the capture and this one."),
    Field(
        "evt.reltime.s", Type.RELTIME, "Whole seconds between the first event of the capture and this one."
    ),
    Field("evt.reltime.ns", Type.RELTIME, "Nanoseconds since the first event beyond the whole seconds."),
    Field("evt.pluginname", Type.CHARBUF, "Plugin that produced the event; absent for system calls."),
    Field(
        "evt.plugininfo",
        Type.CHARBUF,
        "One-line summary of the event by its plugin; absent for system calls.",
    ),
    Field("evt.source", Type.CHARBUF, "Event source that the event came from, such as `syscall`."),
    Field("evt.is_async", Type.BOOL, "Whether Falco or a plugin injected the event asynchronously."),
    Field(
        "evt.asynctype",
        Type.CHARBUF,
        "Kind of an asynchronous event, such as `container`; absent for others.",
    ),
    Field("evt.hostname", Type.CHARBUF, "Name of the host that Falco runs on; empty in a replay."),
)
"""The fields that all event sources share, in the order in which Falco lists them."""
