"""Bare conditions from text to typed form, with the code that Falco would refuse them with."""

from __future__ import annotations

from falcolab.fields.catalogue import SOURCES
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import CompileError, LanguageError
from falcolab.lang.parser import parse
from falcolab.lang.typed import TypedCondition
from falcolab.rules.macros import MacroResolver
from falcolab.rules.result import ErrorCode


class UndefinedMacroError(CompileError):
    """A bare condition names a macro, of which there are none."""


def compile_text(condition: str, source: str) -> TypedCondition:
    """The typed form of a bare condition.

    Raises:
        LanguageError: Falco would refuse it.
    """
    tree = parse(condition)
    resolver = MacroResolver({})
    resolver.resolve(tree)
    if resolver.problem is not None:
        message, pos = resolver.problem
        raise UndefinedMacroError(message, pos, hint="a bare condition knows no macros and lists")
    return Compiler(SOURCES[source]).compile(tree)


def error_code(error: LanguageError) -> ErrorCode:
    """The code that Falco gives for a refused condition."""
    if isinstance(error, UndefinedMacroError):
        return ErrorCode.LOAD_ERR_VALIDATE
    return ErrorCode.LOAD_ERR_COMPILE_CONDITION
