"""Test tables in plain text files.

A table has one case per line, its cells apart by two blanks or more around ``=>``, ``|`` or
whatever the test asks for; ``#`` begins a comment line and ``## title`` a section. A book has
cases of several lines, each under a line ``### title``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a book: its title and its text."""

    title: str
    text: str


def rows(path: Path) -> Iterator[tuple[int, str, str]]:
    """The lines of a table with their numbers and the sections that they stand in."""
    section = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("## "):
            section = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            yield number, section, line


def table(path: Path, separator: str | None = None) -> list[object]:
    """The lines of a table as pytest parameters: the cells, or the line where there is no separator."""
    found: list[object] = []
    for number, section, line in rows(path):
        cells = [line] if separator is None else [cell.strip() for cell in line.split(separator)]
        name = f"{section or path.stem}, line {number}: {cells[0][:60]}"
        found.append(pytest.param(*map(unescaped, cells), id=name))
    return found


def unescaped(cell: str) -> str:
    """A cell with its ``<NUL>``, ``<TAB>``, ``<NL>`` and ``<SP>`` as the characters they name."""
    names = {
        "<NUL>": "\0",
        "<TAB>": "\t",
        "<NL>": "\n",
        "<CR>": "\r",
        "<SP>": " ",
        "<BS>": "\b",
        "<FF>": "\f",
    }
    for name, character in names.items():
        cell = cell.replace(name, character)
    return cell


def book(path: Path) -> list[object]:
    """The cases of a book as pytest parameters."""
    found: list[object] = []
    for part in path.read_text().split("### ")[1:]:
        title, _, text = part.partition("\n")
        found.append(pytest.param(Case(title.strip(), text), id=title.strip()))
    return found
