"""Command lines with a command in them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from falcolab.errors import InputError


class AfterDashes(TyperCommand):
    """A command whose argument is another command line, which stands after ``--``.

    Options before it may take several files: ``-r a.yaml b.yaml`` stands for ``-r a.yaml -r b.yaml``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line."""
        if not {"--", "--help"} & set(args):
            raise InputError(f"the command stands after `--`: {ctx.command_path} ... -- COMMAND...")
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [*_one_file_each(args[:end]), *args[end:]])


def _one_file_each(args: list[str]) -> list[str]:
    found: list[str] = []
    option = ""
    for arg in args:
        if arg.startswith("-"):
            option = arg if arg in ("-r", "--rules") else ""
        elif option and found[-1] != option:
            found.append(option)
        found.append(arg)
    return found
