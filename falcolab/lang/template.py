"""Output templates: text with ``%fields`` in it.

Source: ``userspace/libsinsp/eventformatter.cpp`` of falcosecurity/libs. ``%20proc.name``
pads or cuts to a width, ``%tolower(proc.name)`` transforms; a leading ``*`` says that
missing values do not matter, which Falco always assumes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from falcolab.fields.catalogue import Source
from falcolab.lang.ast import Argument, FieldRef, Literal, Operand, Pos, Sequence, Transform
from falcolab.lang.checks import CheckParser
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import CompileError, LanguageError, ParseError, UnknownNameError
from falcolab.lang.fields import MAX_NAME
from falcolab.lang.scanner import FIELD, Scanner
from falcolab.lang.strings import quoted
from falcolab.lang.typed import FieldValue, Value

MAX_WIDTH = 65_536
"""A token is padded to at most this width: a rule must not fill the memory."""

_WIDTH = re.compile(r"[0-9]+")
_WORD = re.compile(r"\S{1,60}")
_SPECIAL = re.compile(r"""[\b\f\n\r\t \\"']""")


@dataclass(frozen=True, slots=True)
class Token:
    """One ``%field`` of a template.

    Attributes:
        value: what it prints.
        name: its text without the width; the key in an alert's ``output_fields``.
        width: to how many characters it is padded or cut; 0 for as many as it has.
    """

    value: Value
    name: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed output template: literal texts and tokens in order."""

    text: str
    parts: tuple[str | Token, ...]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The fields that it prints."""
        return tuple(part for part in self.parts if isinstance(part, Token))


def parse_template(text: str, source: Source) -> Template:
    """The parts of an output template.

    Raises:
        CompileError: a token is no field, or the text ends inside of one.
    """
    if not text:
        raise CompileError("empty formatting token")
    parts: list[str | Token] = []
    scan = Scanner(text)
    index = 1 if text.startswith("*") else 0
    while index < len(text):
        percent = text.find("%", index)
        if percent != index:
            parts.append(text[index : percent if percent >= 0 else len(text)])
        if percent < 0:
            break
        token, index = _token(scan, percent + 1, source)
        parts.append(token)
    return Template(text, tuple(parts))


def _token(scan: Scanner, start: int, source: Source) -> tuple[Token, int]:
    text, width = scan.text, 0
    match = _WIDTH.match(text, start)
    if match is not None:
        width, start = min(int(match[0][-9:]), MAX_WIDTH), match.end()
    if start >= len(text):
        what = "a number" if match is not None else "a %"
        raise CompileError(f"invalid formatting syntax: formatting cannot end with {what}", Pos(start))
    try:
        operand, value, end = _longest(scan, start, source)
    except LanguageError as error:
        raise CompileError(error.message, Pos(start), error.hint) from None
    return Token(value, _key(operand), width), end


def _longest(scan: Scanner, start: int, source: Source) -> tuple[Operand, Value, int]:
    """The longest field or transformer that the text begins with; what follows is literal text.

    Falco tries ever shorter texts until one makes sense; the error is that of the longest.
    """
    failure: LanguageError | None = None
    for operand, end in _candidates(scan, start):
        if failure is not None and isinstance(operand, FieldRef) and source.find(operand.name) is None:
            continue
        try:
            return operand, _printable(operand, source), end
        except LanguageError as error:
            failure = failure or error
    if failure is not None and not isinstance(failure, UnknownNameError):
        raise failure
    word = _WORD.match(scan.text, start)
    written = word[0] if word else scan.text[start : start + 30]
    raise CompileError(
        f"unknown filter: unexpected token after '%{written}'",
        hint=failure.hint if failure is not None else None,
    )


def _candidates(scan: Scanner, start: int) -> Iterator[tuple[Operand, int]]:
    """What the text may begin with at a place, longest first."""
    scan.index = start
    with suppress(ParseError):
        operand = CheckParser(scan).operand()
        if operand is not None:
            yield operand, scan.index
        if isinstance(operand, Transform) and operand.selector is not None:
            end = scan.text.rindex("[", start, scan.index)
            yield replace(operand, selector=None), end
    match = FIELD.match(scan.text, start)
    name = match[0] if match is not None else ""
    for length in range(min(len(name), MAX_NAME), 0, -1):
        if FIELD.fullmatch(name, 0, length):
            yield FieldRef(name[:length]), start + length


def _printable(operand: Operand, source: Source) -> Value:
    value = Compiler(source).value(operand)
    if isinstance(value, FieldValue) and value.field.condition_only:
        raise CompileError(f"{value.name} is filter only and cannot be used as a display field")
    return value


def _key(operand: Argument) -> str:
    """The name of a token in an alert's fields: its text, as Falco writes it anew."""
    match operand:
        case FieldRef(name=name, arg=arg):
            return name + _bracketed(arg)
        case Transform(name=name, args=args, selector=selector):
            return f"{name}({','.join(map(_key, args))}){_bracketed(selector)}"
        case Sequence(items=items):
            return f"({','.join(map(_key, items))})"
        case Literal(value=value):
            return _escaped(value)


def _bracketed(arg: str | None) -> str:
    return "" if arg is None else f"[{_escaped(arg)}]"


def _escaped(value: str) -> str:
    return quoted(value) if _SPECIAL.search(value) else value
