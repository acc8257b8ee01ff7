"""From a condition's tree to its typed form: fields, operators and values checked.

The messages are Falco's (``userspace/libsinsp/filter.cpp``, ``sinsp_filtercheck.cpp``,
``plugin_filtercheck.cpp`` of falcosecurity/libs), because people search for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from falcolab.fields.catalogue import Source
from falcolab.fields.types import Kind, Type
from falcolab.lang import ast, values
from falcolab.lang.ast import Check, Exists, Identifier, Literal, Pos, Values
from falcolab.lang.errors import CompileError, LanguageError
from falcolab.lang.fields import field_value
from falcolab.lang.operators import OPERATORS, Operator
from falcolab.lang.printer import to_text
from falcolab.lang.refusals import (
    base_name,
    check_comparable,
    check_event_type_search,
    check_event_types,
    check_right_field,
    check_selector,
    check_transformable,
    checked_name,
)
from falcolab.lang.suspicions import Suspicion, suspicions
from falcolab.lang.transformers import AS_TEXT, GATHER, TRANSFORMERS, Shape
from falcolab.lang.typed import Constant, FieldValue, ListOf, Test, Transformed, TypedCondition, Value

MAX_TREE_DEPTH = 200
"""How many levels of ``and``, ``or`` and ``not`` a condition may have that is to be evaluated."""


def bounded(node: Any) -> Any:
    """The condition, or the same with fewer levels if it has too many.

    Raises:
        CompileError: it needs more levels than are allowed.
    """
    if ast.depth(node) <= MAX_TREE_DEPTH:
        return node
    flat = ast.flattened(node)
    if ast.depth(flat) > MAX_TREE_DEPTH:
        raise CompileError(f"condition nests deeper than {MAX_TREE_DEPTH} levels", node.pos)
    return flat


@dataclass(slots=True)
class Compiler:
    """Compiles conditions for one event source, and remembers the checks of trees that share some.

    Attributes:
        source: whose fields there are.
        warnings: what looks wrong in the latest condition.
    """

    source: Source
    warnings: list[Suspicion] = field(default_factory=list)
    _known: dict[tuple[str, str | None], FieldValue] = field(default_factory=dict)
    _done: dict[int, tuple[Any, Test, list[Suspicion]]] = field(default_factory=dict)

    def compile(self, node: Any) -> TypedCondition:
        """The typed form of a parsed condition whose macros are resolved.

        Raises:
            CompileError: Falco would refuse it; the position is that of the check.
        """
        self.warnings = []
        typed: TypedCondition = ast.fold(bounded(node), self._leaf, ast.with_children)
        return typed

    def _leaf(self, node: Check | Exists | Identifier) -> Test:
        if isinstance(node, Identifier):
            raise CompileError(f"filter error: unexpected identifier '{node.name}'", node.pos)
        known = self._done.get(id(node))
        if known is not None:
            self.warnings += known[2]
            return known[1]
        before = len(self.warnings)
        try:
            test = self._test(node)
        except LanguageError as error:
            raise type(error)(error.message, node.pos, error.hint) from None
        # The node is kept so that no other one gets its id.
        self._done[id(node)] = node, test, self.warnings[before:]
        return test

    def _test(self, node: Check | Exists) -> Test:
        left = self.value(node.left)
        if isinstance(node, Exists):
            check_event_type_search(None, left, node)
            return Test(left, None, text=to_text(node), pos=node.pos)
        operator = OPERATORS[node.operator]
        check_comparable(operator, left)
        right = self._right(left, operator, node)
        check_event_type_search(operator, left, node)
        return Test(left, operator, right, node.modifier, to_text(node), node.pos)

    def _right(self, left: Value, operator: Operator, node: Check) -> tuple[Any, ...] | Value:
        match node.right:
            case Literal(value=text, pos=pos):
                return self._constants(left, operator, (text,), pos)
            case Values(items=items, pos=pos):
                return self._constants(left, operator, items, pos)
            case operand:
                right = self.value(operand)
                check_right_field(left, operator, right)
                return right

    def _constants(
        self, left: Value, operator: Operator, texts: tuple[str, ...], pos: Pos
    ) -> tuple[Any, ...]:
        if checked_name(left) == "evt.type":
            check_event_types(texts)
        parsed = _parsed(left, operator, texts)
        for text in texts:
            self.warnings += suspicions(self.source, operator, text, pos)
        return parsed

    def value(self, node: ast.Argument) -> Value:
        """The typed form of an operand.

        Raises:
            CompileError: a field does not exist, or a transformer does not fit.
        """
        match node:
            case Literal(value=text):
                return Constant(text)
            case ast.Sequence(items=items):
                return self._list_of(tuple(self.value(item) for item in items))
            case ast.FieldRef(name=name, arg=arg):
                if (name, arg) not in self._known:
                    self._known[name, arg] = field_value(self.source, name, arg)
                return self._known[name, arg]
            case ast.Transform():
                return self._transformed(node)

    def _list_of(self, items: tuple[Value, ...]) -> ListOf | Transformed:
        texts = tuple(_shown(_as_text(item)) for item in items)
        if any(item.shape.is_list for item in texts):
            return Transformed(GATHER, texts, None, Shape(Type.CHARBUF, is_list=True))
        return ListOf(texts)

    def _transformed(self, node: ast.Transform) -> Transformed:
        transformer = TRANSFORMERS[node.name]
        args = tuple(self.value(arg) for arg in node.args)
        if transformer.combines:
            args = tuple(map(_shown, args))
        else:
            check_transformable(args)
        if node.selector is not None:
            check_selector(node, selectable=transformer.selectable)
        shape = transformer.shape([arg.shape for arg in args], base_name(args[0]))
        if node.selector is not None:
            shape = type(shape)(shape.type)
        return Transformed(transformer, args, node.selector, shape)


def _shown(value: Value) -> Value:
    """Transformers of several arguments take of a field what it prints, not what it is compared by."""
    return value.shown if isinstance(value, FieldValue) else value


def _as_text(value: Value) -> Value:
    """A value as a member of a list of texts; numbers are written out."""
    match value.shape.type.kind:
        case Kind.STRING:
            return value
        case Kind.NUMBER if not value.shape.is_list:
            return Transformed(AS_TEXT, (value,), None, Shape(Type.CHARBUF))
        case _:
            raise CompileError("list arguments must be strings or numbers")


def _parsed(left: Value, operator: Operator, texts: tuple[str, ...]) -> tuple[Any, ...]:
    if operator.name in ("bcontains", "bstartswith"):
        return tuple(map(values.parse_hex, texts))
    parsed = values.parse_all(texts, left.shape.type)
    if operator.name == "regex":
        for text in texts:
            operator.prepare(text)
    return parsed
