"""``falcolab rules``: checking rules files, listing fields."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from falcolab.cli.arguments import AsJson, check_source
from falcolab.cli.output import harmless_lines, say, say_json
from falcolab.fields.catalogue import SOURCES, Source
from falcolab.fields.field import Arg, Field
from falcolab.rules.lint import lint
from falcolab.rules.loader import check_files
from falcolab.rules.report import text_report

app = typer.Typer(help="Check rules files; list the fields that rules may use.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)]


@app.command()
def check(
    files: Files,
    source: Annotated[
        str | None, typer.Option(help="An event source that is known although no file requires its plugin.")
    ] = None,
    lints: Annotated[bool, typer.Option(help="Look for mistakes that Falco accepts without a word.")] = True,
    as_json: AsJson = False,
) -> int:
    """Check rules files and directories, in order, as Falco would load them.

    Exit code 0 when they are valid, 1 when not.
    """
    loaded = check_files(files, check_source(source))
    if as_json:
        say_json(loaded.as_json())
        return 0 if loaded.successful else 1
    by_file: dict[str, list[Any]] = {}
    for finding in lint(loaded) if lints else ():
        by_file.setdefault(finding.context.file, []).append(finding)
    for result in loaded.results:
        result.warnings += by_file.get(result.name, [])
        say(harmless_lines(text_report(result, loaded.contents)))
    return 0 if loaded.successful else 1


@app.command()
def fields(
    source: Annotated[str | None, typer.Option(help="Only those of one event source.")] = None,
    as_json: AsJson = False,
) -> int:
    """List every field with its type, its argument and what it means."""
    wanted = check_source(source)
    chosen = [each for name, each in SOURCES.items() if wanted in (None, name)]
    if as_json:
        say_json({"fieldclasses": [entry for each in chosen for entry in _classes(each)]})
        return 0
    for each in chosen:
        say(f"{each.name}\n{'=' * len(each.name)}")
        for field in _listed(each):
            say(_described(field))
        say()
    return 0


def _listed(source: Source) -> list[Field]:
    return [field for field in source.fields.values() if field.listed]


def _described(field: Field) -> str:
    kind = f"{field.type.value}{' (list)' if field.is_list else ''}"
    head = f"{field.name}{_ARGUMENTS[field.arg]}"
    return f"{head}  {kind}\n{textwrap.indent(textwrap.fill(field.doc, 96), '    ')}"


_ARGUMENTS = {
    Arg.NONE: "",
    Arg.INDEX: "[index]",
    Arg.OPTIONAL: "[argument]",
    Arg.KEY: "[key]",
    Arg.INDEX_OR_KEY: "[index or key]",
    Arg.MEMBER: ".member",
}


def _classes(source: Source) -> list[dict[str, Any]]:
    """The fields in the shape of Falco's own list, one class per first word."""
    classes: dict[str, list[Field]] = {}
    for field in _listed(source):
        classes.setdefault(field.name.split(".", 1)[0], []).append(field)
    return [
        {"name": name, "event_sources": [source.name], "fields": [_entry(field) for field in members]}
        for name, members in classes.items()
    ]


def _entry(field: Field) -> dict[str, Any]:
    argument = (
        None if field.arg is Arg.NONE else {"type": field.arg.value, "required": field.arg in _REQUIRED}
    )
    return {
        "name": field.name,
        "type": field.type.value,
        "is_list": field.is_list,
        "argument": argument,
        "desc": field.doc,
    }


_REQUIRED = (Arg.KEY, Arg.INDEX_OR_KEY, Arg.MEMBER)
