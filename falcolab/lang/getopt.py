"""Options of a command line, as the transformer ``getopt`` reads them.

Source: ``sinsp_filtercheck_multivalue_transformer.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from falcolab.lang.strings import to_bytes, to_text

_Option = tuple[str, tuple[str, ...]]
"""An option's character (empty for one that is unknown) and what it adds to the result."""


def getopt(args: Sequence[str], optstring: str, selector: str | None = None) -> str | tuple[str, ...] | None:
    """Options and their values as the C library reads them; with a selector only the last value of one.

    An option whose argument is missing adds an empty value, an unknown option ``?``; long
    options are skipped, and ``--`` or the first word that is no option ends the reading.
    """
    found = list(_options([_latin(arg) for arg in args], _latin(optstring)))
    if selector is None:
        return tuple(_text(part) for _, parts in found for part in parts)
    chosen = [parts[-1] for option, parts in found if option == _latin(selector)]
    return _text(chosen[-1]) if chosen else None


def _latin(text: str) -> str:
    """One character per byte: options are bytes."""
    return text if text.isascii() else to_bytes(text).decode("latin-1")


def _text(latin: str) -> str:
    return latin if latin.isascii() else to_text(latin.encode("latin-1"))


def _options(words: list[str], optstring: str) -> Iterator[_Option]:
    valued = {char for char, after in pairwise(optstring) if after == ":"}
    known = set(optstring) - {":"}
    rest = iter(words)
    for word in rest:
        if word == "--" or not word.startswith("-") or word == "-":
            return
        if not word.startswith("--"):
            yield from _cluster(word[1:], known, valued, rest)


def _cluster(cluster: str, known: set[str], valued: set[str], rest: Iterator[str]) -> Iterator[_Option]:
    """The options of one word; the last may take its value from the next word."""
    for index, option in enumerate(cluster):
        if option not in known:
            yield "", ("?",)
        elif option not in valued:
            yield option, (option,)
        else:
            value = cluster[index + 1 :] or next(rest, None)
            yield option, ("",) if value is None else (option, value)
            return
