"""A cursor over the text of a condition, with the tokens of Falco's grammar.

Source of the tokens: ``userspace/libsinsp/filter/parser.h`` of falcosecurity/libs. Blanks
are ASCII only; a NUL ends the text; a quoted string ends at the first quote that does not
follow a backslash, even when that backslash is itself escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from falcolab.lang.ast import Pos
from falcolab.lang.strings import unquote

_BLANKS = re.compile(r"[ \t\b\r\n]*")
FIELD = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+")
IDENTIFIER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
NOT = re.compile(r"not\s+", re.ASCII)
ARGUMENT = re.compile(r"[^\[\]\"'\s\0]+", re.ASCII)
HEX_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+")
NUMBER = re.compile(r"[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?")
BARE_STRING = re.compile(r"[^()\"'\s=,\0]+", re.ASCII)
NEXT_VALUE = re.compile(
    r"""[ \t\b\r\n]*,[ \t\b\r\n]*(?:([^()"'\s=,\0]+)|"([^"\\\0]*)"|'([^'\\\0]*)')""", re.ASCII
)
"""A comma and a value without escapes: what nearly all of a long list consists of."""


def one_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern for the first of some words that stands at a place."""
    return re.compile("|".join(map(re.escape, words)))


class Scanner:
    """Reads tokens from ``text``; ``last`` is the latest one, for error messages."""

    def __init__(self, text: str, index: int = 0) -> None:
        self.text = text
        self.index = index
        self.last = ""
        self._pos = Pos()

    @property
    def pos(self) -> Pos:
        """Where the cursor stands."""
        known = self._pos if self._pos.index <= self.index else Pos()
        if known.index == self.index:
            return known
        since = self.text[known.index : self.index]
        breaks = since.count("\n") + since.count("\r")
        if breaks:
            column = len(since) - max(since.rfind("\n"), since.rfind("\r"))
        else:
            column = known.column + len(since)
        self._pos = Pos(self.index, known.line + breaks, column)
        return self._pos

    def at_end(self) -> bool:
        """Whether the whole text has been read."""
        return self.index == len(self.text)

    def blank(self) -> bool:
        """Skip blanks; whether there were any."""
        end = _BLANKS.match(self.text, self.index).end()  # type: ignore[union-attr]
        moved = end > self.index
        self.index = end
        return moved

    def pattern(self, pattern: re.Pattern[str]) -> bool:
        """Read what the pattern matches here, if it does."""
        match = pattern.match(self.text, self.index)
        if match is None:
            return False
        self.last, self.index = match[0], match.end()
        return True

    def word(self, word: str) -> bool:
        """Read this very word, if it stands here; nothing needs to follow it."""
        if not self.text.startswith(word, self.index):
            return False
        self.last, self.index = word, self.index + len(word)
        return True

    def operator(self, operators: re.Pattern[str]) -> bool:
        """Read the first of the operators that stands here; one that is a word needs a blank after it.

        A word without the blank is read nevertheless, as Falco does, and what follows it is looked
        at as if it were not there.
        """
        if not self.pattern(operators):
            return False
        return not self.last.isalpha() or self.blank()

    def next_values(self) -> list[str]:
        """Read as many values, each after a comma, as stand here without escapes in them."""
        found = []
        while match := NEXT_VALUE.match(self.text, self.index):
            found.append(match[match.lastindex or 0])
            self.index = match.end()
        if found:
            self.last = found[-1]
        return found

    def quoted(self) -> bool:
        """Read a quoted string; ``last`` is its value without quotes and escapes.

        Raises:
            ParseError: it holds an escape that the language does not know.
        """
        quote = self.text[self.index : self.index + 1]
        if quote not in ('"', "'") or quote == "":
            return False
        end = self.index + 1
        while (end := self.text.find(quote, end)) > 0:
            if self.text[end - 1] != "\\" or end == self.index + 1:
                break
            end += 1
        if end < 0 or "\0" in self.text[self.index : end]:
            return False
        token, self.index = self.text[self.index : end + 1], end + 1
        self.last = unquote(token)
        return True
