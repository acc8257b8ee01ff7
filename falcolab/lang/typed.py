"""Conditions after compilation: every field known, every value of its field's type.

The tree is that of :mod:`falcolab.lang.ast`, with :class:`Test` as its only leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from falcolab.fields.field import Field, Reading
from falcolab.fields.types import Type
from falcolab.lang.ast import And, Not, Or, Pos, leaves
from falcolab.lang.operators import Operator
from falcolab.lang.transformers import Shape, Transformer


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field with its argument.

    Attributes:
        field: the catalogue's entry.
        arg: the text in the brackets, or the member's name for ``evt.arg.flags``.
        name: as rules and alerts print it: ``ka.uri.param[command]``.
        type: the field's type; that of the argument for ``evt.rawarg.*``.
        is_shown: whether the value that is printed is meant, where another one is compared.
    """

    field: Field
    arg: str | None
    name: str
    type: Type
    is_shown: bool = False

    @property
    def shape(self) -> Shape:
        """Type and list-ness."""
        return Shape(self.type, self.field.is_list)

    @property
    def reading(self) -> Reading:
        """How operators are applied to what the field gives with this argument."""
        reading = Reading.VALUE if self.is_shown else self.field.reading
        if reading is Reading.ANY and self.arg is not None:
            return Reading.VALUE
        if reading is Reading.ANY_UNNAMED:
            return Reading.ANY if self.arg is None or self.arg.isdecimal() else Reading.VALUE
        return reading

    @property
    def shown(self) -> FieldValue:
        """The same field as it is printed: one value where candidates are compared."""
        return self if self.reading is Reading.VALUE else replace(self, is_shown=True)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal among a transformer's arguments."""

    value: str

    @property
    def shape(self) -> Shape:
        """A single string."""
        return Shape(Type.CHARBUF)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list written out among a transformer's arguments."""

    items: tuple[Value, ...]

    @property
    def shape(self) -> Shape:
        """A list of strings."""
        return Shape(Type.CHARBUF, is_list=True)


@dataclass(frozen=True, slots=True)
class Transformed:
    """A transformer over values."""

    transformer: Transformer
    args: tuple[Value, ...]
    selector: str | None
    shape: Shape


Value = FieldValue | Constant | ListOf | Transformed


@dataclass(frozen=True, slots=True)
class Test:
    """One check, ready to be evaluated.

    Attributes:
        left: what is compared.
        operator: how, or None for ``exists``.
        right: the typed values on the right (one for scalar operators), or another value.
        modifier: ``oneof``, ``anyof``, ``allof`` or None.
        text: the check as written, for people.
    """

    left: Value
    operator: Operator | None
    right: tuple[Any, ...] | Value = ()
    modifier: str | None = None
    text: str = field(default="", compare=False)
    pos: Pos = field(default=Pos(), compare=False)


TypedCondition = And | Or | Not | Test


def field_values(node: Any) -> Iterator[FieldValue]:
    """Every field value that a typed condition, test or value depends on."""
    match node:
        case FieldValue():
            yield node
        case Transformed(args=items) | ListOf(items=items):
            for item in items:
                yield from field_values(item)
        case Test(left=left, right=right):
            yield from field_values(left)
            yield from field_values(right)
        case And() | Or() | Not():
            for leaf in leaves(node):
                yield from field_values(leaf)
