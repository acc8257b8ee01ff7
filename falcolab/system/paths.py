"""Paths as Falco joins and cleans them.

Source: ``concatenate_paths`` in ``userspace/libsinsp/utils.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

import re

TOO_LONG = b"/DIR_TOO_LONG/FILENAME_TOO_LONG"
UNKNOWN_DIRECTORY = b"<UNKNOWN>"
"""Stands for a directory whose descriptor is not known."""

_LIMIT = 1024
_PRINTABLE = re.compile(rb"[\x20-\x7e]*").fullmatch
_CLEAN = re.compile(rb"/?(?:[^/.][^/]*(?:/[^/.][^/]*)*)?").fullmatch
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)


def sanitized(value: bytes) -> bytes:
    """The text with U+FFFD for everything that is no printable UTF-8."""
    if _PRINTABLE(value):
        return value
    return _UNPRINTABLE.sub("\ufffd", value.decode("utf-8", "replace")).encode()


def concat(base: bytes, path: bytes) -> bytes:
    """The path, seen from the directory ``base`` if it is relative, without ``.``, ``..`` and ``//``.

    The base is taken as it is; only what the path says can shorten it.
    """
    if len(base) + len(path) + 1 > _LIMIT:
        return TOO_LONG
    if not path or path.startswith(b"/"):
        base = b""
    path = sanitized(path)
    if _CLEAN(path):
        return base + path
    return _walk(bytearray(base), path)


def _walk(out: bytearray, path: bytes) -> bytes:
    has_base = bool(out)
    *parts, last = path.split(b"/")
    for part in parts:
        if _step(out, part):
            continue
        if not out.endswith(b"/") and (out or not has_base):
            out += b"/"
    _step(out, last)
    if len(out) > 1 and out.endswith(b"/"):
        del out[-1]
    return bytes(out)


def _step(out: bytearray, part: bytes) -> bool:
    """Go one component further; true if it was ``.`` or ``..``, which swallows the slash after it."""
    if part in (b".", b"..") and (not out or out.endswith(b"/")):
        if part == b".." and len(out) > 1:
            del out[out.rfind(b"/", 0, len(out) - 1) + 1 :]
        return True
    out += part
    return False


def directory(name: bytes) -> bytes:
    """A directory's name in the form that is put in front of a path."""
    return name if not name or name.endswith(b"/") else name + b"/"
