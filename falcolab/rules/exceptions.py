"""Exceptions of rules: their fields and comparisons checked, and written out as conditions.

Source: ``rule_loader_collector.cpp`` and ``rule_loader_compiler.cpp`` of falcosecurity/falco.
Exceptions become text, which is parsed together with the condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import dropwhile

from falcolab.fields.catalogue import Source
from falcolab.lang.checks import CheckParser
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import LanguageError
from falcolab.lang.fields import suggestion
from falcolab.lang.operators import LIST_OPERATORS, MODIFIERS, OPERATOR_NAMES, STRING_OPERATORS
from falcolab.lang.scanner import Scanner
from falcolab.rules.decode import refused
from falcolab.rules.items import Entry, ExceptionItem
from falcolab.rules.result import Context


def _is_modified(comp: str) -> bool:
    operator, _, modifier = comp.partition(" ")
    return operator in STRING_OPERATORS and modifier.strip() in MODIFIERS


def takes_list(comp: str) -> bool:
    """Whether an exception's comparison wants a list on its right."""
    return comp in LIST_OPERATORS or _is_modified(comp)


def validate_exception(exception: ExceptionItem, source: Source | None) -> None:
    """Fill in the comparisons that an exception leaves out, and refuse what cannot be compiled.

    Raises:
        LoadError: fields and comps do not fit, or one of them does not exist.
    """
    if exception.fields.is_list:
        _validate_tuple(exception)
        fields = exception.fields.texts()
    else:
        _validate_single(exception)
        fields = [exception.fields.item or ""]
    if source is not None:
        for name in fields:
            _check_field(name, source, exception.context)


def _validate_tuple(exception: ExceptionItem) -> None:
    count = len(exception.fields.items or ())
    if not exception.comps.is_valid:
        exception.comps = Entry(items=[Entry(item="=") for _ in range(count)])
    if count != len(exception.comps.items or ()):
        raise refused("Fields and comps lists must have equal length", exception.context)
    for comp in exception.comps.texts():
        if comp not in OPERATOR_NAMES and not _is_modified(comp):
            raise refused(f"'{comp}' is not a supported comparison operator", exception.context)


def _validate_single(exception: ExceptionItem) -> None:
    if not exception.comps.is_valid:
        exception.comps = Entry(item="in")
    if exception.comps.is_list:
        raise refused("Fields and comps must both be strings", exception.context)
    if not takes_list(exception.comps.item or ""):
        message = "When fields is a single value, comps must be one of (in, pmatch, intersects)"
        raise refused(message, exception.context)


def _check_field(name: str, source: Source, context: Context) -> None:
    scan = Scanner(name)
    try:
        operand = CheckParser(scan).operand()
        if operand is not None and scan.at_end():
            Compiler(source).value(operand)
            return
    except LanguageError:
        operand = None
    near = suggestion(source, name)
    hint = f"did you mean {near}?" if near else None
    raise refused(f"'{name}' is not a supported filter field", context, hint)


def exception_clause(exception: ExceptionItem) -> str:
    """An exception as a condition in parentheses; empty when it has no values.

    Raises:
        LoadError: its values do not fit its fields.
    """
    return _tuple_clause(exception) if exception.fields.is_list else _single_clause(exception)


def quote_item(item: str) -> str:
    """A value as Falco writes it into a condition: quoted where it has a blank, and never escaped."""
    return f'"{item}"' if " " in item and not item.startswith(('"', "'")) else item


def joined(items: Iterable[str]) -> str:
    """Values as a list; empty ones at the beginning leave no comma behind."""
    return ", ".join(dropwhile(lambda item: not item, map(quote_item, items)))


def _single_clause(exception: ExceptionItem) -> str:
    values = []
    for entry in exception.values:
        if entry.is_list:
            raise refused("Expected values array to contain a list of strings", exception.context)
        values.append(quote_item(entry.item or ""))
    if not values:
        return ""
    return f"({exception.fields.item} {exception.comps.item or ''} ({', '.join(values)}))"


def _tuple_clause(exception: ExceptionItem) -> str:
    rows = [_row(exception, row) for row in exception.values]
    return f"({' or '.join(rows)})" if rows else ""


def _row(exception: ExceptionItem, row: Entry) -> str:
    fields, comps = exception.fields.texts(), exception.comps.texts()
    cells = row.items or []
    if len(cells) != len(fields):
        raise refused("Fields and values lists must have equal length", exception.context)
    comps += [""] * (len(fields) - len(comps))
    checks = [
        f" {name} {comp} {_cell(cell, comp)}" for name, comp, cell in zip(fields, comps, cells, strict=False)
    ]
    return f"({' and '.join(checks)})"


def _cell(cell: Entry, comp: str) -> str:
    if cell.is_list:
        return f"({joined(cell.texts())})"
    text = cell.item or ""
    if takes_list(comp):
        return text if text.startswith("(") else f"({text})"
    return quote_item(text)
