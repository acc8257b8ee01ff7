"""``falcolab promote``: tuned rules into the Helm values of the Falco chart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from falcolab.cli.arguments import RulesFiles
from falcolab.cli.output import tell
from falcolab.errors import InputError
from falcolab.promote.values import rules_texts, with_custom_rules, write
from falcolab.rules.loader import load_rules, rules_files

Values = Annotated[
    Path,
    typer.Option("--values", metavar="FILE", help="The values file; made if missing.", show_default=False),
]
Base = Annotated[
    list[Path] | None,
    typer.Option(
        "--base", metavar="FILE", help="Rules that the cluster has already; repeatable.", show_default=False
    ),
]


def promote(rules: RulesFiles, values: Values, base: Base = None) -> int:
    """Write rules files as `customRules` into a values file; the rest of the file stays as it is.

    The rules are loaded first, after those of --base, as Falco will load them; rules that do not
    load are not written.
    """
    files = rules_files(rules)
    load_rules(*(base or []), *files)
    texts = rules_texts(files)
    try:
        before = values.read_text(encoding="utf-8") if values.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{values}: {getattr(error, 'strerror', None) or error}") from None
    write(values, with_custom_rules(before, texts))
    tell(f"{values}: customRules has {', '.join(texts)}")
    return 0
