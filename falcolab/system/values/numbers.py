"""Numbers in parameters: how they are stored and how they print."""

from __future__ import annotations

from falcolab.system.event_type import Param

_WIDTHS = {
    1: "INT8 UINT8 FLAGS8 ENUMFLAGS8 SIGTYPE L4PROTO SOCKFAMILY",
    2: "INT16 UINT16 FLAGS16 ENUMFLAGS16 SYSCALLID PORT",
    4: "INT32 UINT32 FLAGS32 ENUMFLAGS32 UID GID MODE SIGSET BOOL FD32 PID32",
    8: "INT64 UINT64 FD PID ERRNO RELTIME ABSTIME",
}
WIDTH: dict[str, int] = {type_: width for width, types in _WIDTHS.items() for type_ in types.split()}
"""The bytes of a number, by parameter type."""

_SIGNED = frozenset({"INT8", "INT16", "INT32", "INT64", "FD", "PID", "ERRNO", "FD32", "PID32"})


def number_of(raw: bytes, type_: str) -> int | None:
    """The number in a parameter; None if it is of another size, as hostile captures have it."""
    if len(raw) != WIDTH.get(type_):
        return None
    return int.from_bytes(raw, "little", signed=type_ in _SIGNED)


def signed(value: int, bits: int = 64) -> int:
    """The number of the same bits in two's complement."""
    half = 1 << (bits - 1)
    return ((value + half) & (2 * half - 1)) - half


def argument_text(value: int, param: Param) -> str:
    """A number as ``evt.arg`` prints it: large unsigned ones wrongly as negative, as Falco does."""
    width = WIDTH[param.type]
    if param.fmt == "HEX":
        return hexadecimal(value, width)
    if param.fmt == "OCT":
        return f"0{value:o}" if value else "0"
    return str(signed(value, 8 * width) if width >= 4 else value)


def raw_text(value: int, param: Param) -> str | int:
    """A number as ``evt.rawarg`` prints it in JSON: text in hexadecimal and octal."""
    if param.fmt == "HEX":
        return hexadecimal(value, WIDTH.get(param.type, 8))
    return f"{value:o}" if param.fmt == "OCT" else value


def hexadecimal(value: int, width: int = 8) -> str:
    """A number of so many bytes in upper case, without prefix."""
    return f"{value & ((1 << 8 * width) - 1):X}"
