"""Quoting, and captured bytes as text.

Falco compares bytes, and captured strings need not be UTF-8. Inside falcolab every string
is text that stands for bytes: valid UTF-8 as itself, any other byte ``b`` as the character
``U+10DC00 + b`` of the private-use plane 16. Those characters themselves, should they be
captured, are escaped byte by byte, so that the mapping can be undone without loss.
"""

from __future__ import annotations

import re

from falcolab.lang.errors import ParseError

_ESCAPE_BASE = 0x10DC00
_ESCAPED = re.compile("[\U0010dc80-\U0010dcff]")
_SURROGATE = re.compile("[\udc80-\udcff]")


def to_text(raw: bytes) -> str:
    """Captured bytes as text from which :func:`to_bytes` restores every byte."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(errors="surrogateescape")
    if text.isascii() or not (_SURROGATE.search(text) or _ESCAPED.search(text)):
        return text
    text = _ESCAPED.sub(lambda m: m[0].encode().decode("ascii", "surrogateescape"), text)
    return _SURROGATE.sub(lambda m: chr(_ESCAPE_BASE + ord(m[0]) - 0xDC00), text)


def to_bytes(text: str) -> bytes:
    """The captured bytes that a text stands for."""
    if text.isascii():
        return text.encode()
    text = _ESCAPED.sub(lambda m: chr(ord(m[0]) - _ESCAPE_BASE + 0xDC00), text)
    return text.encode(errors="surrogateescape")


def is_plain(text: str) -> bool:
    """Whether a text stands for valid UTF-8, so that characters and bytes order alike."""
    return text.isascii() or not _ESCAPED.search(text)


def c_string(text: str) -> str:
    """A text up to its first NUL, as C code sees it."""
    return text.split("\0", 1)[0] if "\0" in text else text


def printable(text: str) -> str:
    """A captured text for people: bytes that are no UTF-8 appear as U+FFFD."""
    return text if text.isascii() else _ESCAPED.sub("\ufffd", text)


_UNESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", " ": "\\"}
_ESCAPES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_DIGITS = 40
_BARE = re.compile(r"[^()\"'\s=,\b\0]+", re.ASCII)


def unquote(token: str) -> str:
    """The value of a quoted string, quotes included in ``token``.

    Raises:
        ParseError: an escape that the language does not know, or the other quote escaped.
    """
    if "\\" not in token:
        return token[1:-1]
    body = iter(token[1:-1])
    return "".join(char if char != "\\" else _unescape(next(body, ""), token[0]) for char in body)


def _unescape(char: str, quote: str) -> str:
    if char in ("'", '"'):
        if char != quote:
            raise ParseError(f"invalid \\{char} escape in {quote}-quoted string")
        return char
    if char and char not in _UNESCAPES:
        raise ParseError(f"unsupported string escape sequence: \\{char}")
    return _UNESCAPES.get(char, "")


def quote(value: str) -> str:
    """A value as it must be written in a condition: bare where possible, else in double quotes."""
    if _BARE.fullmatch(value):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """A value in double quotes.

    A quote after a backslash does not end a string, even if that backslash is itself escaped;
    hence the other way to write a backslash at the end.
    """
    text = "".join(_ESCAPES.get(char, char) for char in value)
    return f'"{text[:-1]} "' if text.endswith("\\") else f'"{text}"'


def integer(digits: str) -> int:
    """The number that decimal digits with or without a sign spell; a long one only roughly.

    Python reads no numbers of over 4,300 digits. What is left of them is still beyond any type.
    """
    digits = digits.strip()
    value = int(digits.lstrip("+-").lstrip("0")[:_DIGITS] or "0")
    return -value if digits.startswith("-") else value
