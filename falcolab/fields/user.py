"""Fields of the user and the group that a thread runs as."""

from __future__ import annotations

from falcolab.fields.field import Field
from falcolab.fields.types import Type

USER: tuple[Field, ...] = (
    Field("user.uid", Type.UINT32, "Numeric ID of the user that the thread runs as."),
    Field("user.name", Type.CHARBUF, "Name of the user that the thread runs as, or `<NA>` if unknown."),
    Field("user.homedir", Type.CHARBUF, "Home directory of the user, or `<NA>` if unknown."),
    Field("user.shell", Type.CHARBUF, "Login shell of the user, or `<NA>` if unknown."),
    Field(
        "user.loginuid", Type.INT64, "Numeric ID of the user who logged in, unchanged by `sudo`; -1 if none."
    ),
    Field("user.loginname", Type.CHARBUF, "Name of the user who logged in, or `<NA>` if unknown."),
    Field("group.gid", Type.UINT32, "Numeric ID of the group that the thread runs as."),
    Field("group.name", Type.CHARBUF, "Name of the group that the thread runs as, or `<NA>` if unknown."),
)
"""The ``user.*`` and ``group.*`` fields, in the order in which Falco lists them."""
