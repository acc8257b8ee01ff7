"""The table that a benchmark prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        name: what it is.
        value: as text.
        aim: what it should be, if there is an aim.
        met: whether it is.
    """

    name: str
    value: str
    aim: str = ""
    met: bool | None = None


MIB = 2**20


def at_least(name: str, value: float, aim: float) -> Row:
    """A ratio that should not be smaller."""
    return Row(name, f"{value:.1f}", f">= {aim:g}", value >= aim)


def at_most(name: str, value: float, aim: float) -> Row:
    """A ratio that should not be larger."""
    return Row(name, f"{value:.1f}", f"<= {aim:g}", value <= aim)


def share(name: str, value: float, aim: float) -> Row:
    """A share that should not be larger."""
    return Row(name, f"{value:.2%}", f"<= {aim:.0%}", value <= aim)


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a table in Markdown, so that it can be kept in a document."""
    print(f"{title}\n")
    names, values, aims = (max(map(len, texts)) for texts in zip(*_texts(rows), strict=True))
    print(f"| {'':{names}} | {'':{values}} | {'aim':{aims}} |     |")
    print(f"| {'-' * names} | {'-' * (values - 1)}: | {'-' * aims} | --- |")
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "NO"
        print(f"| {row.name:{names}} | {row.value:>{values}} | {row.aim:{aims}} | {met:3} |")


def _texts(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [("", "", "aim"), *((row.name, row.value, row.aim) for row in rows)]
