"""``falcolab capture``: the commands of the daemon, which join the program through an entry point.

What a command does is loaded when it is run: the rest of falcolab stays quick, and works without the
packages that only the daemon needs.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from capture.arguments import AfterDashes
from falcolab.cli.arguments import AsJson, Ordered, RulesFiles
from falcolab.errors import InputError

app = typer.Typer(
    help="Record what this machine does, and alert live.", no_args_is_help=True, rich_markup_mode=None
)

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.", show_default=False)
]
Extra = Annotated[
    list[str] | None,
    typer.Option("--extra", metavar="CALL", help="A call to record though no rule asks; repeatable."),
]


def _load(name: str) -> Any:
    """The module that does what a command is to do.

    Raises:
        InputError: a package is missing that it needs.
    """
    try:
        return importlib.import_module(f"capture.cli.{name}")
    except ModuleNotFoundError as error:
        raise InputError(
            f"the package '{error.name}' is not installed: `pip install 'falcolab[capture]'`"
        ) from None


@app.command()
def run(config: ConfigFile) -> int:
    """Record and alert until told to stop.

    SIGTERM and Ctrl-C end it when everything recorded is in the lake; SIGHUP looks at rules, certificates
    and tokens at once. Needs root, Linux 5.8 or newer with BTF, and the distribution's bcc.
    """
    code: int = _load("run").run(config)
    return code


@app.command()
def check(config: ConfigFile) -> int:
    """Check a configuration and its rules; nothing is recorded.

    Exit codes: 0 all is well, 1 the rules cannot be used, 2 the configuration cannot.
    """
    code: int = _load("check").check(config)
    return code


@app.command(cls=Ordered)
def plan(rules: RulesFiles, extra: Extra = None, as_json: AsJson = False) -> int:
    """Print which calls would be hooked for some rules, and why."""
    code: int = _load("plan").plan(rules, extra or (), as_json=as_json)
    return code


@app.command(cls=AfterDashes)
def record(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", show_default=False)],
    lake: Annotated[
        Path, typer.Option(metavar="DIR", help="The lake; it is made if need be.", show_default=False)
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", "-r", metavar="FILE", help="Rules whose calls are recorded; repeatable."),
    ] = None,
    extra: Extra = None,
) -> int:
    """Record a command and its children into a lake; the exit code is the command's.

    Everything that the command and its descendants do until it ends is recorded, and of nobody else.
    Without -r these are all calls but the very frequent ones (reads, writes, stat ...).
    """
    code: int = _load("record").record(command, lake, rules or (), extra or ())
    return code
