"""Fields of the descriptors that a poll call watches, each a list in one text.

Source: ``userspace/libsinsp/sinsp_filtercheck_fdlist.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.addresses import ip_text
from falcolab.system.thread import Descriptor, FdType
from falcolab.system.values.context import Context, Extractor, Part
from falcolab.system.values.descriptors import ends, listening
from falcolab.system.values.event import call_of
from falcolab.system.values.params import fd_list
from falcolab.system.values.strings import NOT_AVAILABLE

_CALLS = frozenset({"poll", "ppoll"})


def _watched(context: Context) -> list[int]:
    params = context.event.params
    if context.thread is None or call_of(context) not in _CALLS or len(params) < 2:
        return []
    return [number for number, _ in fd_list(params[1])]


def _numbers(context: Context, _arg: str | None) -> str | None:
    return ",".join(map(str, _watched(context))) or None


def _names(context: Context, _arg: str | None) -> str | None:
    found = (context.fds.get(number) for number in _watched(context))
    return ",".join(to_text(fd.name) if fd and fd.name else NOT_AVAILABLE for fd in found) or None


def _told(value: Callable[[Descriptor], str | None]) -> Extractor:
    """The values of those descriptors that have one."""

    def extract(context: Context, _arg: str | None) -> str | None:
        known = (fd for fd in map(context.fds.get, _watched(context)) if fd is not None)
        return ",".join(filter(None, map(value, known))) or None

    return Extractor(extract, Part.EVENT | Part.TABLE)


def _client_address(fd: Descriptor) -> str | None:
    pair = ends(fd)
    return None if pair is None else ip_text(pair.source).decode()


def _server_address(fd: Descriptor) -> str | None:
    pair, own = ends(fd), listening(fd)
    if pair is not None:
        return ip_text(pair.destination).decode()
    if own is None:
        return None
    # Falco takes the first four bytes of a server's IPv6 address for its address.
    return ip_text(own[0][:4] if fd.type == FdType.IPV6_SERVSOCK else own[0]).decode()


def _client_port(fd: Descriptor) -> str | None:
    pair = ends(fd)
    return str(pair.source_port) if pair is not None else _server_port(fd)


def _server_port(fd: Descriptor) -> str | None:
    pair, own = ends(fd), listening(fd)
    if pair is not None:
        return str(pair.destination_port)
    return None if own is None else str(own[1])


FIELDS: dict[str, Extractor] = {
    "fdlist.nums": Extractor(_numbers, Part.EVENT),
    "fdlist.names": Extractor(_names, Part.EVENT | Part.TABLE),
    "fdlist.cips": _told(_client_address),
    "fdlist.sips": _told(_server_address),
    "fdlist.cports": _told(_client_port),
    "fdlist.sports": _told(_server_port),
}
"""The fields of poll calls."""
