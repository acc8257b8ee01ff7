"""The transformers of the condition language: one table for every evaluator.

An entry says which types a transformer takes and yields, and what it does to one
extracted value. A value is None when the transformer has nothing to yield; the check is
then false, as for an absent field. Sources: ``sinsp_filter_transformers/`` and
``sinsp_filtercheck_multivalue_transformer.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from falcolab.fields.types import Type
from falcolab.lang.errors import CompileError
from falcolab.lang.getopt import getopt
from falcolab.lang.matching import ascii_lower, ascii_upper
from falcolab.lang.strings import c_string, to_bytes, to_text

_STRINGS = frozenset({Type.CHARBUF, Type.FSPATH})
_BYTES = _STRINGS | {Type.BYTEBUF}


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a value, and whether there are many of it."""

    type: Type
    is_list: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Transformer:
    """One transformer.

    Attributes:
        name: as written in conditions.
        shape: from the shapes of its arguments to that of its result; raises CompileError for wrong ones.
        apply: from the values of its arguments (and the selector, for getopt) to its value.
        sql: an SQL expression over ``{0}``, ``{1}``... for plain strings, where one means the same.
        combines: whether it makes one value of several arguments.
        selectable: whether ``name(...)[x]`` is allowed.
    """

    name: str
    shape: Callable[[Sequence[Shape], str], Shape]
    apply: Callable[..., Any]
    sql: str | None = None
    combines: bool = False
    selectable: bool = False


def _unary(name: str, types: frozenset[Type], result: Type | None = None) -> Callable[..., Shape]:
    def shape(args: Sequence[Shape], subject: str) -> Shape:
        if len(args) != 1:
            raise CompileError(f"{name}() requires exactly 1 argument")
        arg = args[0]
        if result is not None and arg.is_list:
            return Shape(result)
        if arg.type not in types:
            kind = "list field" if arg.is_list else "field"
            raise CompileError(
                f"can't add field transformer: type '{arg.type.value}' is not supported by '{name}' "
                f"transformer applied on {kind} '{subject}'"
            )
        return Shape(result or arg.type, arg.is_list)

    return shape


def _join_shape(args: Sequence[Shape], _subject: str) -> Shape:
    if len(args) != 2:
        raise CompileError("join() requires exactly 2 arguments: separator and list")
    if args[0].is_list:
        raise CompileError("join() first argument (separator) must be a single value, not a list")
    if not args[1].is_list:
        raise CompileError("join() second argument must be a list")
    return Shape(Type.CHARBUF)


def _concat_shape(args: Sequence[Shape], _subject: str) -> Shape:
    if len(args) < 2:
        raise CompileError("concat() requires at least 2 arguments")
    if any(arg.type is not Type.CHARBUF or arg.is_list for arg in args):
        raise CompileError("concat() arguments must be strings")
    return Shape(Type.CHARBUF)


def _getopt_shape(args: Sequence[Shape], _subject: str) -> Shape:
    if len(args) != 2:
        raise CompileError("getopt() requires exactly 2 arguments: args list and optstring")
    if not args[0].is_list:
        raise CompileError("getopt() first argument must be a list")
    if args[1].is_list:
        raise CompileError("getopt() second argument (optstring) must be a single value")
    if any(arg.type is not Type.CHARBUF for arg in args):
        raise CompileError("getopt() arguments must be strings")
    return Shape(Type.CHARBUF, is_list=True)


def _each(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Apply to a value, or to each element of a list; one failure makes the whole absent."""

    def apply(value: Any) -> Any:
        if not isinstance(value, tuple):
            return function(value)
        items = tuple(function(item) for item in value)
        return None if None in items else items

    return apply


def _basename(text: str) -> str:
    return text.rsplit("/", 1)[-1]


def _b64(value: str | bytes) -> str | bytes | None:
    raw = value if isinstance(value, bytes) else to_bytes(value)
    try:
        decoded = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if isinstance(value, bytes) else c_string(to_text(decoded))


def _len(value: Any) -> int:
    return len(to_bytes(value)) if isinstance(value, str) else len(value)


def _join(separator: str, items: Sequence[str]) -> str:
    return separator.join(items)


def _concat(*parts: str) -> str:
    return "".join(parts)


def _as_text(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _gather(*parts: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for part in parts for item in (part if isinstance(part, tuple) else (part,)))


_TABLE = (
    Transformer("tolower", _unary("tolower", _STRINGS), _each(ascii_lower)),
    Transformer("toupper", _unary("toupper", _STRINGS), _each(ascii_upper)),
    Transformer("b64", _unary("b64", _BYTES), _each(_b64)),
    Transformer("basename", _unary("basename", _STRINGS), _each(_basename)),
    Transformer("len", _unary("len", _BYTES, Type.UINT64), _len),
    Transformer("join", _join_shape, _join, combines=True),
    Transformer("concat", _concat_shape, _concat, combines=True),
    Transformer("getopt", _getopt_shape, getopt, combines=True, selectable=True),
)

AS_TEXT = Transformer("text", _concat_shape, _as_text)
"""A number as a member of a list; conditions cannot name it."""
GATHER = Transformer("list", _concat_shape, _gather, combines=True)
"""A list with the members of other lists in it; conditions cannot name it."""

TRANSFORMERS = {transformer.name: transformer for transformer in _TABLE}
TRANSFORMER_NAMES = tuple(TRANSFORMERS)
"""Every transformer, in the order in which Falco lists them."""
