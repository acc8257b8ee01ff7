"""From a condition's tree back to text, with no more parentheses than it needs."""

from __future__ import annotations

from typing import Any

from falcolab.lang.ast import (
    And,
    Argument,
    Check,
    Exists,
    FieldRef,
    Identifier,
    Literal,
    Not,
    Or,
    Sequence,
    Transform,
    Values,
)
from falcolab.lang.strings import quote

_NAME_CHARACTERS = frozenset("[]\"'")


def to_text(node: Any) -> str:
    """The text of a condition, check or operand; parsing it gives an equal tree."""
    match node:
        case And(children=children):
            return " and ".join(_inside(child, (And, Or)) for child in children)
        case Or(children=children):
            return " or ".join(_inside(child, (Or,)) for child in children)
        case Not(child=child):
            return f"not {_inside(child, (And, Or, Not))}"
        case Identifier(name=name):
            return name
        case Exists(left=left):
            return f"{to_text(left)} exists"
        case Check(left=left, operator=operator, right=right, modifier=modifier):
            words = (to_text(left), operator, modifier, _right(right))
            return " ".join(word for word in words if word is not None)
        case _ if hasattr(node, "text"):
            return str(node.text)
        case _:
            return _operand(node)


def _inside(node: Any, weaker: tuple[type, ...]) -> str:
    text = to_text(node)
    return f"({text})" if isinstance(node, weaker) else text


def _right(node: Any) -> str:
    if isinstance(node, FieldRef):
        return f"val({_operand(node)})"
    return _operand(node)


def _operand(node: Argument | Values) -> str:
    match node:
        case FieldRef(name=name, arg=arg):
            return name + _bracketed(arg)
        case Transform(name=name, args=args, selector=selector):
            return f"{name}({', '.join(map(_argument, args))}){_bracketed(selector)}"
        case Literal(value=value):
            return quote(value)
        case Values(items=items):
            return f"({', '.join(map(quote, items))})"
        case Sequence(items=items):
            return f"({', '.join(map(_argument, items))})"


def _argument(node: Argument) -> str:
    if isinstance(node, Literal):
        text = quote(node.value)
        return text if text.startswith('"') else f'"{text}"'
    return _operand(node)


def _bracketed(arg: str | None) -> str:
    if arg is None:
        return ""
    bare = arg and not any(char.isspace() or char in _NAME_CHARACTERS for char in arg)
    return f"[{arg}]" if bare else "[" + _quoted(arg) + "]"


def _quoted(arg: str) -> str:
    text = quote(arg)
    return text if text.startswith('"') else f'"{text}"'
