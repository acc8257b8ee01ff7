"""From the text of a condition to its tree.

The grammar is Falco's (``userspace/libsinsp/filter/parser.h`` of falcosecurity/libs):
``not`` binds tighter than ``and``, which binds tighter than ``or``; keywords are lower
case and need a blank or a parenthesis after them. Nesting is followed with a stack of
our own, so that a hostile rule cannot exhaust Python's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from falcolab.lang.ast import START, And, Condition, Identifier, Not, Or, Pos
from falcolab.lang.checks import CheckParser
from falcolab.lang.errors import ParseError
from falcolab.lang.scanner import IDENTIFIER, NOT, Scanner

MAX_DEPTH = 1000
"""How many parentheses may be open at once; Falco sets this limit for rules."""
MAX_CHECKS = 100_000
"""How many checks a condition may have, as it is written and once its macros are in place."""


@dataclass
class _Frame:
    """An open parenthesis (or the whole text): the chains being collected inside it."""

    pos: Pos
    negations: list[tuple[bool, Pos]] = field(default_factory=list)
    ors: list[Any] = field(default_factory=list)
    ands: list[Any] = field(default_factory=list)
    and_pos: Pos = START
    closed_by_or: bool = False


def parse(text: str, max_depth: int = MAX_DEPTH) -> Condition:
    """The tree of a condition.

    Raises:
        ParseError: with Falco's message and the position where reading stopped.
    """
    return _ConditionParser(text, max_depth).parse()


class _ConditionParser:
    def __init__(self, text: str, max_depth: int) -> None:
        self.scan = Scanner(text)
        self.checks = CheckParser(self.scan)
        self.max_depth = max_depth
        self.frames: list[_Frame] = []
        self.count = 0

    def parse(self) -> Condition:
        try:
            return self._parse()
        except ParseError as error:
            raise ParseError(error.message, self.scan.pos, error.hint) from None

    def _parse(self) -> Condition:
        if not self.scan.text:
            raise ParseError("filter input string is empty")
        self._open()
        while True:
            if self._operand():
                continue
            if (done := self._after_operand()) is not None:
                return done

    def _open(self) -> None:
        if len(self.frames) >= self.max_depth:
            raise ParseError(f"exceeded max depth limit of {self.max_depth}")
        self.scan.blank()
        self.frames.append(_Frame(self.scan.pos, and_pos=self.scan.pos))

    def _operand(self) -> bool:
        """Read an operand; whether it opened a parenthesis, whose content comes next."""
        frame, scan = self.frames[-1], self.scan
        scan.blank()
        pos, negated = scan.pos, False
        while scan.pattern(NOT):
            negated = not negated
        if scan.word("not("):
            frame.negations.append((not negated, pos))
            self._open()
            return True
        scan.blank()
        if scan.word("("):
            frame.negations.append((negated, pos))
            self._open()
            return True
        leaf = self._leaf()
        frame.ands.append(Not(leaf, pos) if negated else leaf)
        return False

    def _leaf(self) -> Condition:
        self.count += 1
        if self.count > MAX_CHECKS:
            raise ParseError(f"condition has more than {MAX_CHECKS:,} checks")
        check = self.checks.check()
        if check is not None:
            return check
        pos = self.scan.pos
        if self.scan.pattern(IDENTIFIER):
            return Identifier(self.scan.last, pos)
        raise ParseError("expected a '(' token, a field check, or an identifier")

    def _after_operand(self) -> Condition | None:
        """Read what may follow an operand; the finished condition at the end of the text."""
        scan = self.scan
        while True:
            frame = self.frames[-1]
            scan.blank()
            if not frame.closed_by_or and scan.word("and"):
                self._next_operand(frame, "and")
                return None
            if scan.word("or"):
                self._end_and(frame)
                self._next_operand(frame, "or")
                return None
            node = self._end_or(frame)
            self.frames.pop()
            if not self.frames:
                if not scan.at_end():
                    raise ParseError(f"unexpected token after '{scan.last}', expecting 'or', 'and'")
                return node
            if not scan.word(")"):
                raise ParseError("expected a ')' token")
            self._close(node)

    def _next_operand(self, frame: _Frame, word: str) -> None:
        if self.scan.blank():
            frame.and_pos = self.scan.pos if word == "or" else frame.and_pos
            return
        if not self.scan.word("("):
            raise ParseError(f"expected blank or '(' after '{word}'")
        # After `or(` Falco reads one parenthesis and no further `and`.
        frame.closed_by_or = word == "or"
        frame.negations.append((False, self.scan.pos))
        self._open()

    def _close(self, node: Condition) -> None:
        frame = self.frames[-1]
        negated, pos = frame.negations.pop()
        frame.ands.append(Not(node, pos) if negated else node)

    def _end_and(self, frame: _Frame) -> None:
        frame.ors.append(_chain(And, frame.ands, frame.and_pos))
        frame.ands, frame.closed_by_or = [], False

    def _end_or(self, frame: _Frame) -> Condition:
        self._end_and(frame)
        return _chain(Or, frame.ors, frame.pos)


def _chain(kind: type[And] | type[Or], nodes: list[Any], pos: Pos) -> Condition:
    return kind(tuple(nodes), pos) if len(nodes) > 1 else nodes[0]
