"""Right-hand values: from their text to the value that a field's type compares with.

Source: ``userspace/libsinsp/value_parser.cpp`` of falcosecurity/libs. Numbers are decimal
and wrap to the width of their type, as sscanf(3) leaves them.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any

from falcolab.fields.types import INTEGER_RANGES, Kind, Type
from falcolab.lang.errors import CompileError
from falcolab.lang.strings import integer, to_bytes

MAX_BYTES = 255
"""The longest right-hand string, in bytes."""

_NUMBER = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)
_INT64, _UINT64 = INTEGER_RANGES[Type.INT64], INTEGER_RANGES[Type.UINT64]


def parse_all(texts: tuple[str, ...], type_: Type) -> tuple[Any, ...]:
    """The values that texts mean for a type, as :func:`parse` has them.

    Raises:
        CompileError: one of them means none.
    """
    if type_.kind is Kind.STRING and all(len(text) * 4 <= MAX_BYTES for text in texts):
        return texts
    return tuple(parse(text, type_) for text in texts)


def parse(text: str, type_: Type) -> Any:
    """The value that ``text`` means for a type: str, bytes, int, bool, packed address or network.

    Raises:
        CompileError: it means none.
    """
    match type_:
        case Type.CHARBUF | Type.FSPATH:
            _check_length(text)
            return text
        case Type.BYTEBUF:
            _check_length(text)
            return to_bytes(text)
        case Type.BOOL:
            return _bool(text)
        case Type.PORT:
            return _port(text)
        case Type.IPADDR:
            return _address(text)
        case Type.IPNET:
            return _network(text)
        case _:
            return _number(text, type_)


def parse_hex(text: str) -> bytes:
    """The bytes of a hexadecimal string, for ``bcontains`` and ``bstartswith``.

    Raises:
        CompileError: it is none.
    """
    try:
        if not re.fullmatch(r"[0-9A-Fa-f]*", text):
            raise ValueError(text)
        return bytes.fromhex(text)
    except ValueError:
        raise CompileError(
            "filter error: bcontains and bstartswith operator support hex strings only"
        ) from None


def _check_length(text: str) -> None:
    if len(to_bytes(text)) > MAX_BYTES:
        raise CompileError(f"filter parameter too long: {text[:40]}... (over {MAX_BYTES} bytes)")


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise CompileError(f"filter error: unrecognized boolean value {text}")
    return text == "true"


def _number(text: str, type_: Type) -> int:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise CompileError(f"{text} is not a valid number")
    low, high = INTEGER_RANGES.get(type_, _INT64)
    value = integer(match[1])
    value = _clamp(value, _INT64) if low < 0 else _clamp(value, (-_UINT64[1], _UINT64[1]))
    return (value - low) % (high - low + 1) + low


def _clamp(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))


def _port(text: str) -> int:
    if text == "":
        return 0
    if text.isascii() and text.isdigit():
        if integer(text) > INTEGER_RANGES[Type.INT32][1]:
            raise CompileError(f"{text} is not a valid port number")
        return integer(text) & 0xFFFF
    try:
        return socket.getservbyname(text)
    except (OSError, ValueError, UnicodeError):
        raise CompileError(f"unrecognized protocol {text}") from None


def _address(text: str) -> bytes:
    try:
        if "." in text:
            return ipaddress.IPv4Address(text).packed
        return ipaddress.IPv6Address(text.split("%", 1)[0]).packed
    except ValueError:
        family = "IPv4" if "." in text else "IPv6"
        raise CompileError(f"unrecognized {family} address {text}") from None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    host, slash, bits = text.partition("/")
    if "." in text:
        if not slash:
            raise CompileError(f"unrecognized IP network {text}")
        return _v4_network(host, bits, text)
    if not slash or not _NUMBER.fullmatch(bits) or not 0 <= integer(bits) <= 128:
        raise CompileError(f"invalid v6 netmask: {text}")
    try:
        return ipaddress.IPv6Network((host, integer(bits)), strict=False)
    except ValueError:
        raise CompileError(f"unrecognized IPv6 address {host}") from None


def _v4_network(host: str, bits: str, text: str) -> ipaddress.IPv4Network:
    length = _number(bits, Type.UINT8)
    if length > 32:
        raise CompileError(f"invalid netmask {bits}")
    try:
        return ipaddress.IPv4Network((host, length), strict=False)
    except ValueError:
        raise CompileError(f"unrecognized IP address {text}") from None
