"""Fields of a socket's connection: client and server, local and remote end, protocol.

The fields that mean either end hold both for the conditions (``Reading.EITHER``) and have
nothing to print; a socket that is no connection leaves them without candidates, which is not
the same as absent. Names are never looked up in a replay, so that the fields of domain names
equal nothing.

Source: ``userspace/libsinsp/sinsp_filtercheck_fd.cpp`` and ``ifinfo.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.system.thread import Descriptor, FdType
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.descriptor import descriptor, of_descriptor
from falcolab.system.values.descriptors import (
    ANY_IP,
    IP_SERVERS,
    Ends,
    ends,
    has_role,
    listening,
    protocol,
)
from falcolab.system.values.locality import is_local
from falcolab.system.values.strings import NOT_AVAILABLE

UNRESOLVED = "\0"
"""The name of an address that nobody looked up: no name in a rule equals it."""

_LOCAL = Part.DESCRIPTOR | Part.PROCESS | Part.CONTAINER | Part.NETWORK


def _known_ends(fd: Descriptor) -> Ends | None:
    """Both ends, once it is known which one is the client's."""
    return ends(fd) if has_role(fd) else None


def _client(pick: Callable[[Ends], Value]) -> Extractor:
    def value(fd: Descriptor) -> Value:
        pair = _known_ends(fd)
        return None if pair is None else pick(pair)

    return of_descriptor(value)


def _server_address(fd: Descriptor) -> bytes | None:
    pair, own = _known_ends(fd), listening(fd)
    if pair is not None:
        return pair.destination
    return own[0] if own is not None and has_role(fd) else None


def _server_port(fd: Descriptor) -> int | None:
    pair, own = _known_ends(fd), listening(fd)
    if pair is not None:
        return pair.destination_port
    return None if own is None else own[1]


def _client_port_text(fd: Descriptor) -> str | None:
    """The port as text; empty for other descriptors with a role."""
    pair = _known_ends(fd)
    return str(pair.source_port) if pair is not None else ("" if has_role(fd) else None)


def _server_port_text(fd: Descriptor) -> str | None:
    pair = _known_ends(fd)
    return str(pair.destination_port) if pair is not None else ("" if fd.type in IP_SERVERS else None)


def _sided(
    if_source: Callable[[Ends], Value], otherwise: Callable[[Ends], Value], *, is_own: bool
) -> Extractor:
    """A field of the end on this machine, or of the other one."""

    def extract(context: Context, _arg: str | None) -> Value:
        fd = descriptor(context)
        pair = None if fd is None else _known_ends(fd)
        if pair is None or context.thread is None:
            return None
        is_source = is_local(context.machine, context.thread, pair.source) is is_own
        return if_source(pair) if is_source else otherwise(pair)

    return Extractor(extract, _LOCAL)


def _is_server(context: Context, _arg: str | None) -> bool | None:
    fd = descriptor(context)
    if fd is None or context.thread is None:
        return None
    pair = ends(fd)
    if pair is None:
        return fd.type in IP_SERVERS
    return is_local(context.machine, context.thread, pair.destination)


def _family(fd: Descriptor) -> str | None:
    if fd.type in ANY_IP:
        return "ip"
    return "unix" if fd.type == FdType.UNIX_SOCK else None


def _either(of_pair: Callable[[Ends], Value], of_own: Callable[[tuple[bytes, int]], Value]) -> Extractor:
    """Both ends of a connection, or the one of a server."""

    def value(fd: Descriptor) -> Value:
        pair, own = ends(fd), listening(fd)
        if pair is not None:
            return of_pair(pair)
        return () if own is None else of_own(own)

    return Extractor(of_descriptor(value).value, Part.DESCRIPTOR, lambda _context, _arg: None)


def _shown_network(network: Extractor) -> Extractor:
    """Falco prints no networks."""

    def shown(context: Context, arg: str | None) -> Value:
        return None if network.value(context, arg) is None else "<IPNET>"

    return Extractor(network.value, network.depends, shown)


def _domain(fd: Descriptor) -> Value:
    return () if _known_ends(fd) is None else (UNRESOLVED,)


_DOMAIN = Extractor(of_descriptor(_domain).value, Part.DESCRIPTOR, lambda _context, _arg: None)
_ADDRESSES = _either(lambda pair: (pair.source, pair.destination), lambda own: (own[0],))
_PORTS = _either(lambda pair: (pair.source_port, pair.destination_port), lambda own: (own[1],))
_CLIENT_ADDRESS = _client(lambda pair: pair.source)
_SERVER_ADDRESS = of_descriptor(_server_address)


def _source(pair: Ends) -> bytes:
    return pair.source


def _destination(pair: Ends) -> bytes:
    return pair.destination


def _source_port(pair: Ends) -> int:
    return pair.source_port


def _destination_port(pair: Ends) -> int:
    return pair.destination_port


def _source_text(pair: Ends) -> str:
    return str(pair.source_port)


def _destination_text(pair: Ends) -> str:
    return str(pair.destination_port)


_LOCAL_ADDRESS = _sided(_source, _destination, is_own=True)
_REMOTE_ADDRESS = _sided(_source, _destination, is_own=False)

FIELDS: dict[str, Extractor] = {
    "fd.ip": _ADDRESSES,
    "fd.cip": _CLIENT_ADDRESS,
    "fd.sip": _SERVER_ADDRESS,
    "fd.lip": _LOCAL_ADDRESS,
    "fd.rip": _REMOTE_ADDRESS,
    "fd.net": _ADDRESSES,
    "fd.cnet": _shown_network(_CLIENT_ADDRESS),
    "fd.snet": _shown_network(_SERVER_ADDRESS),
    "fd.lnet": _shown_network(_LOCAL_ADDRESS),
    "fd.rnet": _shown_network(_REMOTE_ADDRESS),
    "fd.port": _PORTS,
    "fd.cport": _client(_source_port),
    "fd.sport": of_descriptor(_server_port),
    "fd.lport": _sided(_source_port, _destination_port, is_own=True),
    "fd.rport": _sided(_source_port, _destination_port, is_own=False),
    "fd.proto": _PORTS,
    "fd.cproto": of_descriptor(_client_port_text),
    "fd.sproto": of_descriptor(_server_port_text),
    "fd.lproto": _sided(_source_text, _destination_text, is_own=True),
    "fd.rproto": _sided(_source_text, _destination_text, is_own=False),
    "fd.l4proto": of_descriptor(lambda fd: protocol(fd) or NOT_AVAILABLE),
    "fd.sockfamily": of_descriptor(_family),
    "fd.is_server": Extractor(_is_server, _LOCAL),
    "fd.cip.name": _DOMAIN,
    "fd.sip.name": _DOMAIN,
    "fd.lip.name": _DOMAIN,
    "fd.rip.name": _DOMAIN,
}
"""The fields of connections."""
