"""Rules files as ``customRules`` of the Falco chart's values.

The chart (falcosecurity/falco, 9.x) mounts each entry of ``customRules`` as a file of its own
into ``/etc/falco/rules.d``, whose files Falco reads last and in alphabetical order.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from falcolab.errors import InputError

KEY = "customRules"


def rules_texts(paths: list[Path]) -> dict[str, str]:
    """The texts of rules files by the names they will have in the cluster, in order.

    Raises:
        InputError: a file cannot be read, two have one name, or alphabetical order would change
            which comes last.
    """
    texts: dict[str, str] = {}
    for path in paths:
        if path.name in texts:
            raise InputError(f"{path}: a second file named {path.name}; {KEY} needs a name for each")
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if list(texts) != sorted(texts):
        order = ", ".join(sorted(texts))
        raise InputError(f"Falco reads {KEY} in alphabetical order ({order}), not in yours; rename the files")
    return texts


def with_custom_rules(values: str, texts: Mapping[str, str]) -> str:
    """A values file with some entries of ``customRules`` set and everything else as it was.

    Raises:
        InputError: the values file is no YAML mapping, or an entry does not survive the round trip.
    """
    yaml = _yaml()
    document = _mapping(yaml, values)
    rules = document.get(KEY)
    if rules is None:
        rules = document[KEY] = CommentedMap()
    if not isinstance(rules, dict):
        raise InputError(f"the values file's {KEY} is no mapping of file names to rules")
    for name, text in texts.items():
        rules[name] = LiteralScalarString(_literal(text))
    out = io.StringIO()
    yaml.dump(document, out)
    _check(out.getvalue(), texts)
    return out.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 30
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _mapping(yaml: YAML, text: str) -> Any:
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise InputError(f"the values file is no YAML: {error}") from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, dict):
        raise InputError("the values file is no YAML mapping")
    return document


def _literal(text: str) -> str:
    """A text as a YAML literal block can hold it: no carriage returns, one newline at the end."""
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


def _check(values: str, texts: Mapping[str, str]) -> None:
    """Read back what was written: Helm must see the very rules that were checked."""
    written = YAML(typ="safe", pure=True).load(values)[KEY]
    for name, text in texts.items():
        if written[name] != _literal(text):
            raise InputError(f"{name}: does not survive as an entry of {KEY}; look for control characters")


def write(path: Path, text: str) -> None:
    """Write a values file, complete or not at all.

    Raises:
        InputError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{path}: {error.strerror}") from None
