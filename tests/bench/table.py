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


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a table in Markdown, so that it can be kept in a document."""
    print(f"{title}\n")
    names, values = max(len(row.name) for row in rows), max(len(row.value) for row in rows)
    print(f"| {'':{names}} | {'':{values}} | aim      |     |")
    print(f"| {'-' * names} | {'-' * (values - 1)}: | -------- | --- |")
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "NO"
        print(f"| {row.name:{names}} | {row.value:>{values}} | {row.aim:8} | {met:3} |")
