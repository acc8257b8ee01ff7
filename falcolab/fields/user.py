from falcolab.fields.field import Field
from falcolab.fields.types import Type

USER: tuple[Field, ...] = (
    Field("user.uid", Type.UINT32, "."),
    Field("user.name", Type.CHARBUF, "."),
    Field("user.homedir", Type.CHARBUF, "."),
    Field("user.shell", Type.CHARBUF, "."),
    Field("user.loginuid", Type.INT64, "."),
    Field("user.loginname", Type.CHARBUF, "."),
    Field("group.gid", Type.UINT32, "."),
    Field("group.name", Type.CHARBUF, "."),
)
