"""Patterns and sets on the right of a comparison: globs, regexes, path prefixes, addresses.

Each ``prepare`` function turns the written values, once, into something that tests many
values fast. All of them compare bytes, as Falco does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import re2

from falcolab.lang.errors import CompileError
from falcolab.lang.strings import to_bytes

Predicate = Callable[[str], bool]

_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """Lower case for A to Z only, as the C locale has it."""
    return text.lower() if text.isascii() else text.translate(_TO_LOWER)


def ascii_upper(text: str) -> str:
    """Upper case for a to z only, as the C locale has it."""
    return text.upper() if text.isascii() else text.translate({low: up for up, low in _TO_LOWER.items()})


def members(values: Iterable[Any]) -> Any:
    """The values as a set where they can be hashed; a tuple keeps networks apart from addresses."""
    return frozenset(values)


def matches(left: str, right: Predicate) -> bool:
    """Whether a prepared pattern accepts a text."""
    return right(left)


def _latin(text: str) -> str:
    """One character per byte, so that patterns count bytes."""
    return text if text.isascii() else to_bytes(text).decode("latin-1")


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Predicate:
    """fnmatch(3) in the C locale without flags: ``*`` and ``?`` also match ``/`` and dots."""
    compiled = re.compile(_glob_to_regex(_latin(pattern)), re.DOTALL | re.ASCII)
    return lambda text: compiled.fullmatch(_latin(text)) is not None


@lru_cache(maxsize=4096)
def iglob(pattern: str) -> Predicate:
    """The same with FNM_CASEFOLD."""
    matches_lower = glob(ascii_lower(pattern))
    return lambda text: matches_lower(ascii_lower(text))


def _glob_to_regex(pattern: str) -> str:
    """A regex that never tries a place twice: what stands between stars matches where it first can."""
    first, *others = _between_stars(pattern)
    if not others:
        return first
    return first + "".join(f"(?>.*?{part})" for part in others[:-1] if part) + f".*{others[-1]}"


def _between_stars(pattern: str) -> list[str]:
    parts: list[str] = [""]
    index = 0
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "*":
            parts.append("")
        elif char == "?":
            parts[-1] += "."
        elif char == "[" and (bracket := _bracket(pattern, index)) is not None:
            parts[-1] += bracket[0]
            index = bracket[1]
        elif char == "\\" and index < len(pattern):
            parts[-1] += re.escape(pattern[index])
            index += 1
        else:
            # A backslash at the end matches nothing in glibc.
            parts[-1] += re.escape(char) if char != "\\" else r"(?!)"
    return parts


_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "print": r" -~",
    "graph": r"!-~",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9A-Fa-f",
}


def _bracket(pattern: str, start: int) -> tuple[str, int] | None:
    """A bracket expression as a regex and the index after it; None where it never closes."""
    index, negated = start, False
    if pattern[index : index + 1] in ("!", "^"):
        negated, index = True, index + 1
    parts: list[str] = []
    first = index
    while index < len(pattern):
        char = pattern[index]
        if char == "]" and index > first:
            body = "".join(parts)
            return (f"[{'^' if negated else ''}{body}]" if body else ("." if negated else "(?!)")), index + 1
        named = re.match(r"\[:(\w+):\]", pattern[index:])
        if named and named[1] in _CLASSES:
            parts.append(_CLASSES[named[1]])
            index += named.end()
            continue
        low, index = _bracket_char(pattern, index)
        if pattern[index : index + 1] == "-" and pattern[index + 1 : index + 2] not in ("]", ""):
            high, index = _bracket_char(pattern, index + 1)
            parts.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
        else:
            parts.append(re.escape(low))
    return None


def _bracket_char(pattern: str, index: int) -> tuple[str, int]:
    if pattern[index] == "\\" and index + 1 < len(pattern):
        return pattern[index + 1], index + 2
    return pattern[index], index + 1


@lru_cache(maxsize=4096)
def regex(pattern: str) -> Predicate:
    """A POSIX regex of RE2 that must match the whole text.

    Raises:
        CompileError: RE2 refuses the pattern.
    """
    options = re2.Options()
    options.posix_syntax = True
    options.longest_match = True
    options.log_errors = False
    try:
        compiled = re2.compile(_valid_utf8(pattern), options)
    except re2.error as error:
        raise CompileError(f"invalid regex pattern: {_reason(error)}") from None
    return lambda text: compiled.fullmatch(_valid_utf8(text)) is not None


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _valid_utf8(text: str) -> str:
    """Falco sanitises both sides of a regex: what is no UTF-8 becomes U+FFFD."""
    return text if text.isascii() else to_bytes(text).decode(errors="replace")


@dataclass(slots=True)
class _PathNode:
    """A component in the tree of path prefixes; globbed components are tried in order."""

    exact: dict[str, _PathNode]
    globs: list[tuple[Predicate, _PathNode]]
    ends: bool = False


def path_prefixes(paths: Iterable[str]) -> Predicate:
    """True for a path that equals one of the given paths or lies below it.

    Source: ``userspace/libsinsp/prefix_search.h``; empty components do not count, and a
    component with ``*``, ``?`` or ``[`` is a glob.
    """
    root = _PathNode({}, [])
    for path in paths:
        _insert(root, _components(path))
    return lambda text: _is_below(root, _components(text), 0)


def _components(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _insert(node: _PathNode, parts: list[str]) -> None:
    for part in parts:
        if not any(char in part for char in "*?["):
            node = node.exact.setdefault(part, _PathNode({}, []))
        else:
            child = _PathNode({}, [])
            node.globs.append((glob(part), child))
            node = child
    node.ends = True


def _is_below(node: _PathNode, parts: list[str], index: int) -> bool:
    if node.ends:
        return True
    if index == len(parts):
        return False
    child = node.exact.get(parts[index])
    if child is not None and _is_below(child, parts, index + 1):
        return True
    return any(test(parts[index]) and _is_below(below, parts, index + 1) for test, below in node.globs)


Address = bytes
Network = IPv4Network | IPv6Network


def same_address(left: Address, right: Address | Network) -> bool:
    """Whether an address (packed) equals another or lies in a network; families never mix."""
    if isinstance(right, bytes):
        return left == right
    if len(left) * 8 != right.max_prefixlen:
        return False
    return int.from_bytes(left) & int(right.netmask) == int(right.network_address)
