"""JSON that keeps its text: values are slices of the document, parsed one level at a time.

Falco's Kubernetes audit fields print numbers, objects and strings the way they stand in
the log, so nothing may be re-encoded on the way. Falco's own parser (fastjson, Go) is
lenient about escapes, and so is this one; of equal keys, though, the last counts here and
the first there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from falcolab.lang.strings import c_string, to_bytes, to_text

_OBJECT = msgspec.json.Decoder(type=dict[str, msgspec.Raw])
_RAW = msgspec.json.Decoder(type=msgspec.Raw)
_ARRAY = msgspec.json.Decoder(type=list[msgspec.Raw])
_BLANKS = b" \t\r\n"
_INDEX = re.compile(r"[+-]?[0-9]+", re.ASCII)
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})(?:\\u([0-9a-fA-F]{4}))?|(.))", re.DOTALL)
_SIMPLE = {
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}


class BadJsonError(ValueError):
    """The bytes are no JSON."""


class Json:
    """A JSON value as its text.

    Objects and arrays are parsed on demand, one level at a time, and remembered, so that
    many fields of one object cost one pass.
    """

    __slots__ = ("_elements", "_members", "raw")

    def __init__(self, raw: bytes, members: dict[str, Any] | None = None) -> None:
        self.raw = raw
        self._members = members
        self._elements: list[Json] | None = None

    @classmethod
    def of_parts(cls, parts: Mapping[str, bytes | None]) -> Json:
        """An object put together from the texts of some members; None leaves one out."""
        return cls(b"{", {key: cls(raw) for key, raw in parts.items() if raw is not None})

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return self.raw[:1] == b"{"

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return self.raw[:1] == b"["

    @property
    def is_string(self) -> bool:
        """Whether it is a string."""
        return self.raw[:1] == b'"'

    def members(self) -> dict[str, Any]:
        """The members of an object in order, as buffers that ``bytes()`` turns into their text.

        Raises:
            BadJsonError: the object is damaged further inside.
        """
        if self._members is None:
            self._members = parse_object(self.raw) if self.is_object else {}
        return self._members

    def elements(self) -> list[Json]:
        """The elements of an array; none for other values."""
        if self._elements is None:
            self._elements = list(self.each())
        return self._elements

    def each(self) -> Iterator[Json]:
        """The elements of an array one by one, without remembering them."""
        raws = _decode(_ARRAY, self.raw) if self.is_array else []
        return (Json(bytes(raw)) for raw in raws)

    def get(self, *keys: str) -> Json | None:
        """The value at a path of keys, numbers being positions in arrays; None where there is none."""
        node = self
        for key in keys:
            below = node._element(key) if node.raw.startswith(b"[") else node._member(key)
            if below is None:
                return None
            node = below
        return node

    def _element(self, key: str) -> Json | None:
        elements = self.elements()
        if not _INDEX.fullmatch(key) or not 0 <= int(key) < len(elements):
            return None
        return elements[int(key)]

    def _member(self, key: str) -> Json | None:
        members = self._members
        if members is None:
            members = self.members()
        value: Json | Any | None = members.get(key)
        if value is None or value.__class__ is Json:
            return value
        members[key] = value = Json(bytes(value))
        return value

    def text(self) -> str:
        """A string's content, or the compact JSON of anything else; both end at a NUL, as C strings do."""
        raw = self.raw
        if not raw.startswith(b'"'):
            return to_text(compact(raw))
        body = raw[1:-1]
        return c_string(to_text(body if b"\\" not in body else unescape(body)))

    def __bytes__(self) -> bytes:
        return self.raw


def _decode(decoder: Any, raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadJsonError(str(error)) from None


def parse(raw: bytes) -> Json:
    """A document as a JSON value.

    Raises:
        BadJsonError: it is none, or nests deeper than Python's stack allows.
    """
    return Json(bytes(_decode(_RAW, raw)).strip(_BLANKS))


def parse_object(raw: bytes) -> dict[str, Any]:
    """The members of a document that is an object, as buffers that ``bytes()`` turns into their text.

    Raises:
        BadJsonError: it is none.
    """
    members: dict[str, Any]
    try:
        members = _OBJECT.decode(raw)
    except UnicodeDecodeError:
        # A key is no UTF-8. Values are bytes again afterwards, keys stay text that stands for bytes.
        members = _decode(_OBJECT, to_text(raw).encode())
        return {key: to_bytes(bytes(value).decode()) for key, value in members.items()}
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadJsonError(str(error)) from None
    return members


def compact(raw: bytes) -> bytes:
    """Valid JSON text without the blanks between its tokens."""
    if raw.startswith(b'"') or (
        b" " not in raw and b"\n" not in raw and b"\t" not in raw and b"\r" not in raw
    ):
        return raw
    return msgspec.json.format(raw, indent=-1)


def unescape(body: bytes) -> bytes:
    """The bytes that a JSON string's body stands for; escapes that mean nothing stay as written."""
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[bytes]) -> bytes:
    high, low, simple = match.groups()
    if simple is not None:
        return _SIMPLE.get(simple, b"\\" + simple)
    code = int(high, 16)
    if not 0xD800 <= code <= 0xDFFF:
        rest = unescape(b"\\u" + low) if low is not None else b""
        return chr(code).encode() + rest
    if low is None:
        return b"\\u" + high
    other = int(low, 16)
    if code < 0xDC00 and 0xDC00 <= other <= 0xDFFF:
        return chr(0x10000 + ((code - 0xD800) << 10) + (other - 0xDC00)).encode()
    return "\ufffd".encode()


def indent(raw: bytes) -> Iterator[bytes]:
    """JSON text with two blanks per level, as Go's ``json.Indent`` lays it out, in pieces."""
    depth, tokens = 0, _split(raw)
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else b""
        if token in (b"{", b"["):
            depth += 1
            yield token
            if following not in (b"}", b"]"):
                yield b"\n" + b"  " * depth
            else:
                depth -= 1
        elif token in (b"}", b"]"):
            if tokens[index - 1] not in (b"{", b"["):
                depth -= 1
                yield b"\n" + b"  " * depth
            yield token
        elif token == b",":
            yield b",\n" + b"  " * depth
        else:
            yield token + (b" " if token == b":" else b"")


_PIECE = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


def _split(raw: bytes) -> list[bytes]:
    return _PIECE.findall(raw)
