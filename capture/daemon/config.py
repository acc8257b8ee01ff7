"""Reading ``capture.yaml``: what is wrong with it is told with its place, and the nearest valid name."""

from __future__ import annotations

import difflib
import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from capture.daemon.settings import Config
from falcolab.errors import InputError

_UNKNOWN, _MISSING = "extra_forbidden", "missing"


def read_config(path: Path) -> Config:
    """The configuration in a file.

    Raises:
        InputError: the file cannot be read, is no YAML, or says something wrong; the text names the place.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: no YAML: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: a mapping is expected, such as 'lake: /var/lib/falcolab/lake'")
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise InputError("\n".join(f"{path}: {_told(each)}" for each in error.errors())) from None


def _told(problem: Any) -> str:
    place = problem["loc"]
    return f"{'.'.join(map(str, place))}: {_message(problem, place)}"


def _message(problem: Any, place: tuple[Any, ...]) -> str:
    if problem["type"] == _UNKNOWN:
        return "there is no such key" + _suggestion(str(place[-1]), _keys_at(place[:-1]))
    if problem["type"] == _MISSING:
        return "this key is needed"
    return str(problem["msg"])


def _suggestion(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"


def _keys_at(place: tuple[Any, ...]) -> list[str]:
    """The keys of the section at a place."""
    section: Any = Config
    for name in place:
        if isinstance(name, str):
            section = _section_of(section.model_fields[name].annotation)
    return list(section.model_fields)


def _section_of(annotation: Any) -> Any:
    """The section that an annotation such as ``Section | None`` or ``tuple[Section, ...]`` is about."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, types.UnionType):
        return next((_section_of(each) for each in get_args(annotation) if _section_of(each)), None)
    return None
