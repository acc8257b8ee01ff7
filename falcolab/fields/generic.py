from falcolab.fields.field import Field
from falcolab.fields.types import Type

GENERIC: tuple[Field, ...] = (
    Field("evt.num", Type.UINT64, "."),
    Field("evt.time", Type.CHARBUF, "."),
    Field("evt.time.s", Type.CHARBUF, "."),
    Field("evt.time.iso8601", Type.CHARBUF, "."),
    Field("evt.datetime", Type.CHARBUF, "."),
    Field("evt.datetime.s", Type.CHARBUF, "."),
    Field("evt.rawtime", Type.ABSTIME, "."),
    Field("evt.rawtime.s", Type.ABSTIME, "."),
    Field("evt.rawtime.ns", Type.ABSTIME, "."),
    Field("evt.reltime", Type.RELTIME, "."),
    Field("evt.reltime.s", Type.RELTIME, "."),
    Field("evt.reltime.ns", Type.RELTIME, "."),
    Field("evt.pluginname", Type.CHARBUF, "."),
    Field("evt.plugininfo", Type.CHARBUF, "."),
    Field("evt.source", Type.CHARBUF, "."),
    Field("evt.is_async", Type.BOOL, "."),
    Field("evt.asynctype", Type.CHARBUF, "."),
    Field("evt.hostname", Type.CHARBUF, "."),
)
