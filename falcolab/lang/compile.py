"""From a condition's tree to its typed form: fields, operators and values checked.

The messages are Falco's (``userspace/libsinsp/filter.cpp``, ``sinsp_filtercheck.cpp``,
``plugin_filtercheck.cpp`` of falcosecurity/libs), because people search for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from falcolab.fields.catalogue import Source
from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.fields.types import Kind, Type
from falcolab.lang import ast, values
from falcolab.lang.ast import And, Check, Exists, Identifier, Literal, Not, Or, Pos, Values
from falcolab.lang.errors import CompileError, LanguageError, UnknownNameError
from falcolab.lang.eventtypes import EVENT_TYPE_FIELDS, EVENT_TYPE_OPERATORS
from falcolab.lang.fields import field_value
from falcolab.lang.operators import OPERATORS, Operator
from falcolab.lang.printer import to_text
from falcolab.lang.transformers import TRANSFORMER_NAMES, TRANSFORMERS
from falcolab.lang.typed import (
    Constant,
    FieldValue,
    ListOf,
    Test,
    Transformed,
    TypedCondition,
    Value,
    field_values,
)

MAX_TREE_DEPTH = 600
"""How deep a condition may nest once its macros are in place; deeper ones are refused."""


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something that compiles but looks like a mistake."""

    message: str
    pos: Pos


@dataclass(slots=True)
class Compiler:
    """Compiles conditions for one event source.

    Attributes:
        source: whose fields there are.
        warnings: what looked wrong in the conditions compiled so far.
    """

    source: Source
    warnings: list[Warning_] = field(default_factory=list)

    def compile(self, node: Any) -> TypedCondition:
        """The typed form of a parsed condition whose macros are resolved.

        Raises:
            CompileError: Falco would refuse it; the position is that of the check.
        """
        if ast.depth(node) > MAX_TREE_DEPTH:
            raise CompileError(f"condition nests deeper than {MAX_TREE_DEPTH} levels", node.pos)
        return self._compile(node)

    def _compile(self, node: Any) -> TypedCondition:
        match node:
            case And(children=children, pos=pos):
                return And(tuple(self._compile(child) for child in children), pos)
            case Or(children=children, pos=pos):
                return Or(tuple(self._compile(child) for child in children), pos)
            case Not(child=child, pos=pos):
                return Not(self._compile(child), pos)
            case Identifier(name=name, pos=pos):
                raise CompileError(f"filter error: unexpected identifier '{name}'", pos)
            case _:
                return self._leaf(node)

    def _leaf(self, node: Check | Exists) -> Test:
        try:
            return self._test(node)
        except LanguageError as error:
            raise type(error)(error.message, node.pos, error.hint) from None

    def _test(self, node: Check | Exists) -> Test:
        left = self.value(node.left)
        if isinstance(node, Exists):
            return Test(left, None, text=to_text(node), pos=node.pos)
        operator = OPERATORS[node.operator]
        _check_comparable(operator, left)
        _check_event_type_search(operator, left, node)
        return Test(left, operator, self._right(left, operator, node), node.modifier, to_text(node), node.pos)

    def _right(self, left: Value, operator: Operator, node: Check) -> tuple[Any, ...] | Value:
        match node.right:
            case Literal(value=text):
                return self._constants(left, operator, (text,), node.pos)
            case Values(items=items):
                return self._constants(left, operator, items, node.pos)
            case operand:
                right = self.value(operand)
                _check_right_field(left, operator, right)
                return right

    def _constants(
        self, left: Value, operator: Operator, texts: tuple[str, ...], pos: Pos
    ) -> tuple[Any, ...]:
        if _checked_name(left) == "evt.type":
            _check_event_types(texts)
        parsed = tuple(_constant(left, operator, text) for text in texts)
        for text in texts:
            self._warn_about(operator, text, pos)
        return parsed

    def _warn_about(self, operator: Operator, text: str, pos: Pos) -> None:
        if self.source.find(text) is not None:
            self._warn(f"'{text}' may be a valid field misused as a const string value", pos)
        elif text.startswith(tuple(f"{name}(" for name in ("val", *TRANSFORMER_NAMES))):
            self._warn(f"'{text}' may be a valid field transformer misused as a const string value", pos)
        elif operator.name == "regex" and not any(char in text for char in r".^$*+?{}[]\|()"):
            self._warn(f"regex '{text}' has no special characters, a simpler operator does the same", pos)

    def _warn(self, message: str, pos: Pos) -> None:
        self.warnings.append(Warning_(message, pos))

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
                return field_value(self.source, name, arg)
            case ast.Transform():
                return self._transformed(node)

    def _list_of(self, items: tuple[Value, ...]) -> ListOf:
        if any(item.shape.is_list or item.shape.type is not Type.CHARBUF for item in items):
            raise CompileError("list arguments must be strings")
        return ListOf(items)

    def _transformed(self, node: ast.Transform) -> Transformed:
        transformer = TRANSFORMERS[node.name]
        args = tuple(self.value(arg) for arg in node.args)
        if not transformer.combines:
            _check_transformable(args)
        if node.selector is not None:
            _check_selector(node, transformer.selectable)
        shape = transformer.shape([arg.shape for arg in args], _base_name(args[0]))
        if node.selector is not None:
            shape = type(shape)(shape.type)
        return Transformed(transformer, args, node.selector, shape)


def _check_transformable(args: tuple[Value, ...]) -> None:
    for arg in args:
        if isinstance(arg, FieldValue) and not arg.field.transformable:
            raise CompileError(f"field '{arg.field.name}' does not support transformers")


def _check_selector(node: ast.Transform, selectable: bool) -> None:
    if not selectable:
        raise CompileError(f"transformer '{node.name}' does not support field arguments")
    if len(node.selector or "") != 1:
        raise CompileError(f"{node.name}() field argument must be a single option character")


def _base_name(value: Value) -> str:
    """The name of the field that a value begins with; empty for constants."""
    match value:
        case FieldValue(field=inner):
            return inner.name
        case Transformed(args=args):
            return _base_name(args[0])
        case _:
            return ""


def _checked_name(value: Value) -> str:
    """The field whose own check of right-hand values applies; combining transformers hide it."""
    if isinstance(value, Transformed):
        return "" if value.transformer.combines else _checked_name(value.args[0])
    return _base_name(value)


def _check_event_type_search(operator: Operator, left: Value, node: Check) -> None:
    """Refuse comparisons of the event type that Falco's search for event codes cannot follow."""
    if operator.name not in EVENT_TYPE_OPERATORS:
        return
    if isinstance(left, Transformed):
        if _is_event_type(left) and node.modifier is None:
            raise CompileError("event code search does not support `evt.type` checks with transformers")
    elif _is_event_type(left) and isinstance(node.right, ast.FieldRef | ast.Transform):
        raise CompileError(
            "right-hand field comparisons on `evt.type` checks are not supported by event code search"
        )


def _is_event_type(value: Value) -> bool:
    return any(found.name in EVENT_TYPE_FIELDS for found in field_values(value))


_LIST_TYPES = frozenset(
    {Type.CHARBUF, Type.UINT64, Type.RELTIME, Type.ABSTIME, Type.BOOL, Type.IPADDR, Type.IPNET}
)


def _check_comparable(operator: Operator, left: Value) -> None:
    shape = left.shape
    if shape.is_list:
        if shape.type not in _LIST_TYPES:
            raise CompileError(f"filter error: list filters are not supported for type '{shape.type.value}'")
        if not operator.on_lists:
            raise CompileError(f"filter error: '{operator.name}' operator not supported list filters")
        return
    kind = shape.type.kind
    if kind not in operator.kinds or (kind is Kind.BOOL and operator.name in ("<", "<=", ">", ">=")):
        family = "numeric" if kind is Kind.BOOL else kind.value
        name = "=" if operator.name == "==" else operator.name
        raise CompileError(f"filter error: '{name}' operator not supported for {family} filters")


def _check_event_types(names: tuple[str, ...]) -> None:
    for name in names:
        if name not in EVENT_CODES and name not in SYSCALL_NAMES:
            raise UnknownNameError(f"unknown event type {name}")


def _constant(left: Value, operator: Operator, text: str) -> Any:
    if operator.name in ("bcontains", "bstartswith"):
        return values.parse_hex(text)
    parsed = values.parse(text, left.shape.type)
    if operator.name == "regex":
        operator.prepare(text)
    return parsed


def _check_right_field(left: Value, operator: Operator, right: Value) -> None:
    if not operator.rhs_field:
        raise CompileError(f"operator '{operator.name}' doesn't support right-hand side fields")
    if left.shape.type is Type.IPNET:
        raise CompileError("field type 'IPNET' doesn't support right-hand side fields")
    if isinstance(left, FieldValue) and not left.field.rhs:
        raise CompileError(f"field '{left.field.name}' doesn't support right-hand side fields")
    if isinstance(right, FieldValue) and not right.field.rhs:
        raise CompileError(f"field '{right.field.name}' can't be used as a right-hand side field")
    if left.shape != right.shape:
        raise CompileError(
            f"field '{_base_name(left)}' has type '{_shape_name(left)}' while the right-hand side field "
            f"'{_base_name(right)}' has incompatible type '{_shape_name(right)}'"
        )


def _shape_name(value: Value) -> str:
    return value.shape.type.value + (" (list)" if value.shape.is_list else "")
