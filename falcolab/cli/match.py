"""``falcolab match``: the events for which bare conditions hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from falcolab.api.lake import Lake
from falcolab.cli.arguments import AsJson, LakeFolder, SourceName, check_source
from falcolab.cli.output import complain, harmless, moment, say_json, say_table, tell
from falcolab.engine.conditions import error_code
from falcolab.errors import InputError
from falcolab.lang.errors import LanguageError

BATCH = 256
"""How many conditions of a file are decided in one pass over the lake."""


def match(
    lake: LakeFolder,
    condition: Annotated[str | None, typer.Argument(metavar="CONDITION", show_default=False)] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Many conditions, one per line; - is standard input."),
    ] = None,
    source: SourceName = None,
    as_json: AsJson = False,
) -> int:
    """Show the events for which a bare condition holds.

    With --from, one JSON object is printed per condition, in order; a condition that does not
    compile gives its error and does not stop the rest.
    """
    if (condition is None) == (from_file is None):
        raise InputError("give either a CONDITION or --from FILE")
    opened = Lake(lake)
    if from_file is not None:
        for answer in _answers(opened, _lines(from_file), check_source(source)):
            say_json(answer)
        return 0
    if as_json:
        (answer,) = _answers(opened, [condition or ""], check_source(source))
        say_json(answer)
        return 1 if "error" in answer else 0
    return _show(opened, condition or "", check_source(source))


def _show(lake: Lake, condition: str, source: str | None) -> int:
    try:
        found = lake.match(condition, source)
    except LanguageError as error:
        complain(_pointed(condition, error))
        return 1
    # Ids are no numbers to be grouped by thousands.
    rows = ((event_id, moment(time), *map(str, rest)) for event_id, time, *rest in found.rows())
    say_table(found.columns, rows)
    tell(f"{len(found):,} events")
    return 0


def _pointed(condition: str, error: LanguageError) -> str:
    """The error with the condition's line and a caret below the place."""
    line = condition.split("\n")[error.pos.line - 1]
    text = f"{harmless(error.message)}\n  | {harmless(line)}\n  | {' ' * (error.pos.column - 1)}^"
    return f"{text}\n  = {error.hint}" if error.hint else text


def _lines(file: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    return [line for line in text.splitlines() if line.strip()]


def _answers(lake: Lake, conditions: Sequence[str], source: str | None) -> Iterator[dict[str, Any]]:
    for start in range(0, len(conditions), BATCH):
        batch = conditions[start : start + BATCH]
        for condition, found in zip(batch, lake.match_many(batch, source), strict=True):
            if isinstance(found, LanguageError):
                yield {"condition": condition, "error": error_code(found).name, "message": found.message}
            else:
                yield {"condition": condition, "matches": len(found), "events": list(found.keys())}
