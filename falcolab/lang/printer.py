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
    children,
    fold,
)
from falcolab.lang.scanner import ARGUMENT
from falcolab.lang.strings import quote, quoted


def to_text(node: Any) -> str:
    """The text of a condition, check or operand; parsing it gives an equal tree."""
    return fold(node, _leaf, _inner)


_WEAKER: dict[type, tuple[type, ...]] = {And: (And, Or), Or: (Or,), Not: (And, Or, Not)}
"""Which conditions need parentheses inside of which."""


def _inner(node: Any, texts: list[str]) -> str:
    weaker = _WEAKER[type(node)]
    parts = [
        f"({text})" if isinstance(child, weaker) else text
        for child, text in zip(children(node), texts, strict=True)
    ]
    return f"not {parts[0]}" if isinstance(node, Not) else f" {type(node).__name__.lower()} ".join(parts)


def _leaf(node: Any) -> str:
    match node:
        case Identifier(name=name):
            return name
        case Exists(left=left):
            return f"{_operand(left)} exists"
        case Check(left=left, operator=operator, right=right, modifier=modifier):
            words = (_operand(left), operator, modifier, _right(right))
            return " ".join(word for word in words if word is not None)
        case _ if hasattr(node, "text"):
            return str(node.text)
        case _:
            return _operand(node)


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
    return quoted(node.value) if isinstance(node, Literal) else _operand(node)


def _bracketed(arg: str | None) -> str:
    if arg is None:
        return ""
    return f"[{arg}]" if ARGUMENT.fullmatch(arg) else f"[{quoted(arg)}]"
