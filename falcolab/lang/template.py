"""Output templates: text with ``%fields`` in it.

Source: ``userspace/libsinsp/eventformatter.cpp`` of falcosecurity/libs. ``%20proc.name``
pads or cuts to a width, ``%tolower(proc.name)`` transforms; a leading ``*`` says that
missing values do not matter, which Falco always assumes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from falcolab.fields.catalogue import Source
from falcolab.fields.field import Arg
from falcolab.lang.ast import FieldRef, Operand, Pos
from falcolab.lang.checks import CheckParser
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import CompileError, LanguageError, UnknownNameError
from falcolab.lang.scanner import FIELD, Scanner
from falcolab.lang.typed import Value

_WIDTH = re.compile(r"[0-9]+")


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
    index = 1 if text.startswith("*") else 0
    while index < len(text):
        percent = text.find("%", index)
        if percent != index:
            parts.append(text[index : percent if percent >= 0 else len(text)])
        if percent < 0:
            break
        token, index = _token(text, percent + 1, source)
        parts.append(token)
    return Template(text, tuple(parts))


def _token(text: str, start: int, source: Source) -> tuple[Token, int]:
    width = 0
    match = _WIDTH.match(text, start)
    if match is not None:
        width, start = int(match[0]), match.end()
    if start >= len(text):
        what = "a number" if match is not None else "a %"
        raise CompileError(f"invalid formatting syntax: formatting cannot end with {what}", Pos(start))
    scan = Scanner(text, start)
    try:
        value = Compiler(source).value(_operand(scan, source))
    except LanguageError as error:
        raise type(error)(error.message, Pos(start), error.hint) from None
    return Token(value, text[start : scan.index], width), scan.index


def _operand(scan: Scanner, source: Source) -> Operand:
    start = scan.index
    match = FIELD.match(scan.text, start)
    if match is not None:
        return _field(scan, match[0], source)
    operand = CheckParser(scan).operand()
    if operand is None:
        rest = scan.text[start : start + 30]
        raise UnknownNameError(f"unknown filter: unexpected token after '%{rest}'")
    return operand


def _field(scan: Scanner, written: str, source: Source) -> FieldRef:
    """The longest field name that the text begins with; what follows it is literal text."""
    name = written
    if source.find(name) is None:
        prefix = source.longest_prefix(name)
        if prefix is None or source.fields[prefix].arg is Arg.MEMBER:
            near = source.suggest(written)
            hint = f"did you mean %{near}?" if near else None
            raise UnknownNameError(f"unknown filter: unexpected token after '%{written}'", hint=hint)
        name = prefix
    field = source.fields.get(name)
    start, scan.index = scan.index, scan.index + len(name)
    if field is not None and field.arg is Arg.NONE:
        return FieldRef(name)
    # With an argument allowed, brackets belong to the field.
    scan.index = start
    operand = CheckParser(scan).operand() if name == written else None
    if isinstance(operand, FieldRef):
        return operand
    scan.index = start + len(name)
    return FieldRef(name)
