"""Reading one check: field or transformer, operator, value."""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.ast import (
    Argument,
    Check,
    Exists,
    FieldRef,
    Literal,
    Operand,
    Pos,
    Sequence,
    Transform,
    Values,
)
from falcolab.lang.errors import ParseError
from falcolab.lang.operators import (
    LIST_OPERATORS,
    MODIFIERS,
    NUMERIC_OPERATORS,
    OPERATOR_NAMES,
    STRING_OPERATORS,
)
from falcolab.lang.scanner import (
    ARGUMENT,
    BARE_STRING,
    FIELD,
    HEX_NUMBER,
    IDENTIFIER,
    NUMBER,
    Scanner,
    one_of,
)
from falcolab.lang.transformers import TRANSFORMER_NAMES

MAX_NESTING = 100
"""How deep transformers may nest; Falco's own limit is that of its whole parser."""


_CALL = one_of(name + "(" for name in TRANSFORMER_NAMES)
_NUMERIC, _STRING, _LIST = map(one_of, (NUMERIC_OPERATORS, STRING_OPERATORS, LIST_OPERATORS))
_MODIFIER = one_of(MODIFIERS)


def names(words: tuple[str, ...]) -> str:
    """Words as Falco lists them in its messages."""
    return ", ".join(f"'{word}'" for word in words)


_OR_FIELD = "a field with a valid transformer: " + names(("val", *TRANSFORMER_NAMES))


class CheckParser:
    """Reads checks and operands at the cursor of a scanner."""

    def __init__(self, scan: Scanner) -> None:
        self.scan = scan

    def check(self) -> Check | Exists | None:
        """The check that begins here, or None where neither field nor transformer does.

        Raises:
            ParseError: it begins well and goes wrong.
        """
        pos = self.scan.pos
        left = self.operand()
        return None if left is None else self._condition(left, pos)

    def operand(self, nesting: int = 0) -> Operand | None:
        """The field or transformer that begins here, or None."""
        pos = self.scan.pos
        if self.scan.pattern(_CALL):
            return self._transform(self.scan.last[:-1], pos, nesting)
        if self.scan.pattern(FIELD):
            return self._field(self.scan.last, pos)
        return None

    def _field(self, name: str, pos: Pos) -> FieldRef:
        return FieldRef(name, self._argument("a valid field argument"), pos)

    def _argument(self, what: str) -> str | None:
        if not self.scan.word("["):
            return None
        if not self.scan.quoted() and not self.scan.pattern(ARGUMENT):
            raise ParseError(f"expected {what}: a quoted string or a bare string")
        value = self.scan.last
        if not self.scan.word("]"):
            raise ParseError("expected a ']' token")
        return value

    def _transform(self, name: str, pos: Pos, nesting: int) -> Transform:
        args = self._arguments(nesting + 1, self._one_argument)
        if not self.scan.word(")"):
            raise ParseError("expected a ')' token closing the transformer")
        return Transform(name, args, self._argument("a valid transformer argument"), pos)

    def _arguments(self, nesting: int, read: Callable[[int], Argument]) -> tuple[Argument, ...]:
        if nesting > MAX_NESTING:
            raise ParseError(f"exceeded max depth limit of {MAX_NESTING}")
        args = []
        while True:
            self.scan.blank()
            args.append(read(nesting))
            self.scan.blank()
            if not self.scan.word(","):
                return tuple(args)

    def _one_argument(self, nesting: int) -> Argument:
        pos = self.scan.pos
        if self.scan.word("("):
            return self._sequence(nesting, pos)
        return self._item(nesting)

    def _sequence(self, nesting: int, pos: Pos) -> Sequence:
        """A list among a transformer's arguments, after its parenthesis; lists do not nest."""
        self.scan.blank()
        items = []
        if not self.scan.word(")"):
            items = list(self._arguments(nesting + 1, self._item))
            if not self.scan.word(")"):
                raise ParseError("expected a ')' token")
        return Sequence(tuple(items), pos)

    def _item(self, nesting: int) -> Argument:
        pos = self.scan.pos
        if self._is_number() or self.scan.quoted():
            return Literal(self.scan.last, pos)
        operand = self.operand(nesting)
        if operand is None:
            known = names(("val", *TRANSFORMER_NAMES))
            raise ParseError(f"expected a field or a nested valid transformer: {known}")
        return operand

    def _is_number(self) -> bool:
        return self.scan.pattern(HEX_NUMBER) or self.scan.pattern(NUMBER)

    def _condition(self, left: Operand, pos: Pos) -> Check | Exists:
        scan = self.scan
        scan.blank()
        if scan.word("exists"):
            return Exists(left, pos)
        if scan.operator(_NUMERIC):
            return Check(left, scan.last, self._number(), None, pos)
        if scan.operator(_STRING):
            return self._string_check(left, scan.last, pos)
        if scan.pattern(_LIST):
            return Check(left, scan.last, self._list(), None, pos)
        raise ParseError(f"expected a valid check operator: one of {names(OPERATOR_NAMES)}")

    def _string_check(self, left: Operand, operator: str, pos: Pos) -> Check:
        modifier = self._modifier()
        if modifier is not None:
            return Check(left, operator, self._values(), modifier, pos)
        return Check(left, operator, self._string(), None, pos)

    def _modifier(self) -> str | None:
        """A modifier counts as one only before a list; else the word is a value."""
        scan = self.scan
        scan.blank()
        start = scan.index
        if scan.pattern(_MODIFIER):
            modifier = scan.last
            scan.blank()
            if scan.text.startswith("(", scan.index):
                return modifier
        scan.index = start
        return None

    def _number(self) -> Literal | Operand:
        self.scan.blank()
        if (right := self._right_operand()) is not None:
            return right
        pos = self.scan.pos
        if self._is_number():
            return Literal(self.scan.last, pos)
        raise ParseError(f"expected a number value or {_OR_FIELD}")

    def _string(self) -> Literal | Operand:
        self.scan.blank()
        if (right := self._right_operand()) is not None:
            return right
        pos = self.scan.pos
        if self.scan.quoted() or self.scan.pattern(BARE_STRING):
            return Literal(self.scan.last, pos)
        raise ParseError(f"expected a string value or {_OR_FIELD}")

    def _list(self) -> Values | Literal | Operand:
        self.scan.blank()
        if self.scan.text.startswith("(", self.scan.index):
            return self._values()
        if (right := self._right_operand()) is not None:
            return right
        pos = self.scan.pos
        if self.scan.pattern(IDENTIFIER):
            return Literal(self.scan.last, pos)
        raise ParseError(f"expected a list, an identifier, or {_OR_FIELD}")

    def _values(self) -> Values:
        scan = self.scan
        pos, items = scan.pos, []
        scan.word("(")
        scan.blank()
        if self._first_value():
            items += [scan.last, *scan.next_values()]
            scan.blank()
            while scan.word(","):
                scan.blank()
                if not scan.quoted() and not scan.pattern(BARE_STRING):
                    raise ParseError("expected a string value")
                items += [scan.last, *scan.next_values()]
                scan.blank()
        if not scan.word(")"):
            raise ParseError("expected a ')' token")
        return Values(tuple(items), pos)

    def _first_value(self) -> bool:
        """Falco takes a first value that it cannot read for the absence of values."""
        try:
            return self.scan.quoted() or self.scan.pattern(BARE_STRING)
        except ParseError:
            return False

    def _right_operand(self) -> Operand | None:
        """A field or transformer on the right, where it must be marked as one."""
        scan, pos = self.scan, self.scan.pos
        if scan.word("val("):
            scan.blank()
            start = scan.pos
            if not scan.pattern(FIELD):
                raise ParseError("expected a field within 'val' transformer")
            inner = self._field(scan.last, start)
            scan.blank()
            if not scan.word(")"):
                raise ParseError("expected a ')' token closing the transformer")
            return inner
        if scan.pattern(_CALL):
            return self._transform(scan.last[:-1], pos, 0)
        return None
