"""The program: its commands, how errors reach people, and the exit codes.

Exit codes: 0 done; 1 the answer is no (invalid rules, damaged lake); 2 wrong use or
unreadable input. Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

import falcolab
from falcolab.cli import alerts, compare, explain, ingest, lake, match, promote, replay, rules
from falcolab.cli.arguments import Ordered
from falcolab.cli.output import complain
from falcolab.errors import FalcolabError, RulesError
from falcolab.lang.errors import LanguageError

app = typer.Typer(
    name="falcolab",
    help="Replay captures against Falco rules, measure what they cost, promote the better ones.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(rules.app, name="rules")
app.add_typer(ingest.app, name="ingest")
app.add_typer(lake.app, name="lake")
app.add_typer(alerts.app, name="alerts")
app.command("replay", cls=Ordered)(replay.replay)
app.command("match", cls=Ordered)(match.match)
app.command("compare", cls=Ordered)(compare.compare)
app.command("explain", cls=Ordered)(explain.explain)
app.command("promote", cls=Ordered)(promote.promote)
for _entry in entry_points(group="falcolab.commands"):  # those of other packages, such as the daemon
    app.add_typer(_entry.load(), name=_entry.name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(falcolab.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Nothing is to be done before a command."""


def run() -> None:
    """The program's entry point: no traceback reaches a user."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run a command; its exit code."""
    try:
        code = app(arguments, standalone_mode=False, prog_name="falcolab")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (RulesError, LanguageError) as error:
        complain(_described(error))
        return 1
    except FalcolabError as error:
        complain(str(error))
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except MemoryError:
        complain("out of memory; try with fewer events (--since, --until)")
        return 2
    except Exception as error:
        return _usage_code(error)


def _described(error: FalcolabError) -> str:
    hint = getattr(error, "hint", None)
    return f"{error}\n  = {hint}" if hint else str(error)


def _usage_code(error: Exception) -> int:
    """The exit code of an error of the command line itself; anything else is a bug and goes on."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is None or code is None:
        if type(error).__name__ == "Abort":
            return 2
        raise error
    show()
    return int(code)
