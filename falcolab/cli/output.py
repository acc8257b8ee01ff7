"""What commands print: JSON lines, tables, messages; captured text is made harmless for terminals."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from falcolab.lang.strings import printable

# Control characters, and those that reorder or hide what stands beside them.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def harmless(text: str) -> str:
    """A text whose control and direction characters are written as escapes."""
    return _HARMFUL.sub(lambda match: _escaped(match[0]), printable(text))


def harmless_lines(text: str) -> str:
    """The same for a text of several lines, which stay apart; tabs stay as well, they move no caret away."""
    return "\n".join("\t".join(map(harmless, line.split("\t"))) for line in text.split("\n"))


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shortened(text: str, width: int = 160) -> str:
    """A line's beginning, as long as a wide terminal."""
    return text if len(text) <= width else text[: width - 3] + "..."


def say(text: str = "") -> None:
    """Print a line of a result."""
    sys.stdout.write(text + "\n")


def say_json(value: Any) -> None:
    """Print a value as JSON, on one line."""
    say(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def tell(text: str) -> None:
    """Print something that is no result."""
    sys.stderr.write(text + "\n")


def complain(text: str) -> None:
    """Print what went wrong."""
    tell(f"falcolab: {harmless_lines(text)}")


def say_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    filled = [tuple(row) for row in rows]
    for index, name in enumerate(columns):
        numbers = bool(filled) and all(isinstance(row[index], int | float) for row in filled)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in filled:
        table.add_row(*(Text(_cell(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 200
    Console(file=sys.stdout, highlight=False, width=width).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return harmless(str(value))
    return f"{value:,}"


def moment(nanoseconds: int | None) -> str:
    """A moment in UTC for tables; empty for none."""
    if nanoseconds is None:
        return ""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"


@contextmanager
def progress(what: str, unit: str = "events") -> Iterator[Callable[[int], None] | None]:
    """A progress display on terminals, which is told how many events there are so far; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda events: shown.update(task, description=f"{what}: {events:,} {unit}")
