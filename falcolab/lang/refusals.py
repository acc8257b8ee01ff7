"""What does not fit together: the refusals of Falco's compiler, in its words."""

from __future__ import annotations

from falcolab.fields.event_types import EVENT_CODES, SYSCALL_NAMES
from falcolab.fields.types import Kind, Type
from falcolab.lang.ast import Check, Exists, FieldRef, Transform
from falcolab.lang.errors import CompileError, UnknownNameError
from falcolab.lang.eventtypes import EVENT_TYPE_FIELDS, EVENT_TYPE_OPERATORS
from falcolab.lang.operators import Operator
from falcolab.lang.strings import to_bytes
from falcolab.lang.typed import FieldValue, ListOf, Transformed, Value

_LIST_TYPES = frozenset(
    {Type.CHARBUF, Type.UINT64, Type.RELTIME, Type.ABSTIME, Type.BOOL, Type.IPADDR, Type.IPNET}
)


def check_transformable(args: tuple[Value, ...]) -> None:
    """Refuse a transformer over a field that takes none."""
    for arg in args:
        if isinstance(arg, FieldValue) and not arg.field.transformable:
            raise CompileError(f"field '{arg.field.name}' does not support transformers")


def check_selector(node: Transform, *, selectable: bool) -> None:
    """Refuse brackets after a transformer that has no parts, or with more than one option in them."""
    if not selectable:
        raise CompileError(f"transformer '{node.name}' does not support field arguments")
    if len(to_bytes(node.selector or "")) != 1:
        raise CompileError(f"{node.name}() field argument must be a single option character")


def base_name(value: Value) -> str:
    """The name of the field that a value begins with; empty for constants."""
    match value:
        case FieldValue(field=inner):
            return inner.name
        case Transformed(args=args):
            return base_name(args[0])
        case _:
            return ""


def checked_name(value: Value) -> str:
    """The field whose own check of right-hand values applies; combining transformers hide it."""
    if isinstance(value, Transformed):
        return "" if value.transformer.combines else checked_name(value.args[0])
    return base_name(value)


def check_event_type_search(operator: Operator | None, left: Value, node: Check | Exists) -> None:
    """Refuse comparisons of the event type that Falco's search for event codes cannot follow."""
    if operator is not None and operator.name not in EVENT_TYPE_OPERATORS:
        return
    if _transforms_event_type(left):
        if isinstance(node, Exists) or node.modifier is None:
            raise CompileError("event code search does not support `evt.type` checks with transformers")
    elif _is_event_type(left) and isinstance(node, Check) and isinstance(node.right, FieldRef | Transform):
        raise CompileError(
            "right-hand field comparisons on `evt.type` checks are not supported by event code search"
        )


def _is_event_type(value: Value) -> bool:
    return isinstance(value, FieldValue) and value.name in EVENT_TYPE_FIELDS


def _transforms_event_type(value: Value) -> bool:
    """Whether Falco sees the event type inside of a transformer; of a list it remembers the last member."""
    match value:
        case Transformed(args=args):
            return any(_is_event_type(arg) or _transforms_event_type(arg) for arg in args)
        case ListOf(items=items):
            return any(map(_transforms_event_type, items)) or any(map(_is_event_type, items[-1:]))
        case _:
            return False


def check_comparable(operator: Operator, left: Value) -> None:
    """Refuse an operator that does not compare values of this type."""
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


def check_event_types(names: tuple[str, ...]) -> None:
    """Refuse names of which no event has one."""
    for name in names:
        if name not in EVENT_CODES and name not in SYSCALL_NAMES:
            raise UnknownNameError(f"unknown event type {name}")


def check_right_field(left: Value, operator: Operator, right: Value) -> None:
    """Refuse a field on the right that cannot be compared with what is on the left."""
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
            f"field '{base_name(left)}' has type '{_shape_name(left)}' while the right-hand side field "
            f"'{base_name(right)}' has incompatible type '{_shape_name(right)}'"
        )


def _shape_name(value: Value) -> str:
    return value.shape.type.value + (" (list)" if value.shape.is_list else "")
