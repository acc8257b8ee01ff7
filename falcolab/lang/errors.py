"""What can be wrong with a condition or an output template.

``LanguageError``
    ``ParseError``: the text does not follow the grammar.
    ``CompileError``: it does, but a field, an operator or a value does not fit.
        ``UnknownNameError``: a field or an event type does not exist.
"""

from __future__ import annotations

from falcolab.errors import FalcolabError
from falcolab.lang.ast import Pos


class LanguageError(FalcolabError):
    """A condition or an output template that Falco would refuse.

    Attributes:
        message: what is wrong, in Falco's words where it has some.
        pos: where in the text.
        hint: what the author may have meant, or None.
    """

    def __init__(self, message: str, pos: Pos | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.pos = pos or Pos()
        self.hint = hint


class ParseError(LanguageError):
    """The text does not follow the grammar."""


class CompileError(LanguageError):
    """A field, an operator or a value does not fit."""


class UnknownNameError(CompileError):
    """A field or an event type does not exist."""
