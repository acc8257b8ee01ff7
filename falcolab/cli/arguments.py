"""Arguments that several commands share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from falcolab.errors import InputError
from falcolab.fields.catalogue import SOURCES
from falcolab.rules.priority import Priority
from falcolab.rules.selection import Choice
from falcolab.sources.k8s_audit import parse_time

LakeFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The lake.", show_default=False)]
RulesFiles = Annotated[
    list[Path],
    typer.Option(
        "--rules", "-r", metavar="FILE", help="Rules file or directory; repeatable.", show_default=False
    ),
]
SourceName = Annotated[
    str | None, typer.Option("--source", help=f"Only events of one source: {' or '.join(SOURCES)}.")
]
Matching = Annotated[
    str, typer.Option("--matching", help="`all` rules that match fire, or the `first` only.")
]
LeastPriority = Annotated[str, typer.Option("--min-priority", help="Less severe rules stay off.")]
Moment = Annotated[
    str | None, typer.Option(metavar="TIME", help="RFC 3339 time, date, or nanoseconds since 1970.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Names = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Rule name, `*` stands for any text; repeatable.")
]
Tags = Annotated[list[str] | None, typer.Option(metavar="TAG", help="Tag; repeatable.")]

_SELECTING = {
    "enable": lambda text: Choice(enable=True, rule=text),
    "disable": lambda text: Choice(enable=False, rule=text),
    "enable_tag": lambda text: Choice(enable=True, tag=text),
    "disable_tag": lambda text: Choice(enable=False, tag=text),
}
_FILE_OPTIONS = frozenset({"-r", "--rules", "--baseline", "--candidate"})


class Ordered(TyperCommand):
    """A command that remembers the order of its selecting options, and lets file options take several files.

    ``--baseline a.yaml b.yaml`` stands for ``--baseline a.yaml --baseline b.yaml``, unless the
    lake is still to come.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line."""
        takes_lake = any(param.param_type_name == "argument" for param in self.params)
        if not takes_lake or (args and not args[0].startswith("-")):
            args = list(_one_file_each(args))
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        remaining = {name: iter(values.get(name) or ()) for name in _SELECTING}
        ctx.obj = [
            _SELECTING[param.name](next(remaining[param.name]))
            for param in order
            if param.name in _SELECTING and values.get(param.name)
        ]
        return super().parse_args(ctx, args)


def _one_file_each(args: list[str]) -> Iterator[str]:
    option = None
    for index, arg in enumerate(args):
        previous = args[index - 1] if index else ""
        if arg.startswith("-") and arg != "-":
            option = arg if arg in _FILE_OPTIONS else None
        elif option is not None and previous != option:
            yield option
        yield arg


def choices_of(ctx: typer.Context) -> list[Choice]:
    """The selection that a command line asks for, in its order."""
    return ctx.obj or []


def check_source(name: str | None) -> str | None:
    """The event source of a name; None means all of them.

    Raises:
        InputError: there is none.
    """
    if name is not None and name not in SOURCES:
        raise InputError(f"--source {name}: no such event source; there are {' and '.join(SOURCES)}")
    return name


def check_matching(name: str) -> str:
    """A matching mode.

    Raises:
        InputError: it is none.
    """
    if name not in ("first", "all"):
        raise InputError(f"--matching {name}: must be first or all")
    return name


def check_priority(name: str) -> Priority:
    """The priority of a name.

    Raises:
        InputError: it is none.
    """
    priority = Priority.parse(name)
    if priority is None:
        known = ", ".join(level.label for level in Priority)
        raise InputError(f"--min-priority {name}: must be one of {known}")
    return priority


def moment_of(option: str, text: str | None) -> int | None:
    """A point in time as nanoseconds since 1970.

    Raises:
        InputError: the text means none.
    """
    if text is None:
        return None
    if re.fullmatch(r"\d{12,19}", text, re.ASCII):
        return int(text)
    day = re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)
    full = f"{text}T00:00:00Z" if day else (text if re.search(r"(Z|[+-]\d\d:\d\d)$", text) else f"{text}Z")
    moment = parse_time(full.replace(" ", "T", 1))
    if moment is None:
        raise InputError(f"{option} {text}: no time; write it as 2026-11-24T08:30:00Z")
    return moment
