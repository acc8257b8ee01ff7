"""The row of what a descriptor points to."""

from __future__ import annotations

from falcolab.lake import syscall_schema as schema
from falcolab.lake.syscall.dimension import MAX_KNOWN, Row, values
from falcolab.system.thread import FdType
from falcolab.system.values import Context
from falcolab.system.values.descriptor import applies

_ENDS = frozenset(
    {
        *("fd.ip", "fd.cip", "fd.sip", "fd.lip", "fd.rip", "fd.port", "fd.cport", "fd.sport", "fd.lport"),
        *("fd.rport", "fd.l4proto", "fd.sockfamily", "fd.is_server", "fd.proto", "fd.cproto", "fd.sproto"),
        *("fd.lproto", "fd.rproto", "fd.net", "fd.cnet", "fd.snet", "fd.lnet", "fd.rnet", "fd.connected"),
        *("fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"),
    }
)
"""Fields of connections; of a descriptor that is no socket they tell nothing of its name."""

_PLAIN = frozenset({FdType.FILE, FdType.FILE_V2, FdType.DIRECTORY, FdType.FIFO})

_OWN = tuple(name for name in schema.FILE_FIELDS if name not in _ENDS)
_OF_ENDS = tuple(name for name in schema.FILE_FIELDS if name in _ENDS)
_ORDER = tuple((_OWN + _OF_ENDS).index(name) for name in schema.FILE_FIELDS)


class FileRows:
    """Gives the rows of descriptors; what files have in common is found once."""

    def __init__(self) -> None:
        self._own, self._ends = values(_OWN), values(_OF_ENDS)
        self._known: dict[Row, Row] = {}

    def row(self, context: Context) -> Row:
        """The row of the event's descriptor."""
        found = self._own(context) + self._of_ends(context)
        return (*_record(context), *[found[at] for at in _ORDER])

    def _of_ends(self, context: Context) -> Row:
        fd = context.fd
        if fd is None or fd.type not in _PLAIN:
            return self._ends(context)
        key = applies(context), fd.type, fd.flags, fd.sock
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = self._ends(context)
        return known


def _record(context: Context) -> Row:
    """The columns of the record itself."""
    fd = context.fd
    if fd is None:
        return (None, None, None, False)
    return (fd.type, fd.flags, fd.sock, context.event.fd is not None)
