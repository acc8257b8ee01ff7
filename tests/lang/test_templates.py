"""Output templates."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from falcolab.fields.catalogue import K8S_AUDIT, SOURCES, SYSCALL
from falcolab.lang.errors import CompileError
from falcolab.lang.template import Template, parse_template
from tests.tables import table

HERE = Path(__file__).parent


def shown(template: Template) -> str:
    parts = []
    for part in template.parts:
        if isinstance(part, str):
            parts.append(f'"{part}"')
        else:
            parts.append(f"{part.width}:{part.name}" if part.width else part.name)
    return " ".join(parts)


@pytest.mark.parametrize(("text", "expected"), table(HERE / "templates.txt", "  =>  "))
def test_a_template_has_the_parts_that_falco_sees(text: str, expected: str) -> None:
    if expected == "refused":
        with pytest.raises(CompileError):
            parse_template(text, SOURCES[SYSCALL])
        return
    assert shown(parse_template(text, SOURCES[SYSCALL])) == expected


def test_an_empty_template_is_refused() -> None:
    with pytest.raises(CompileError, match="empty formatting token"):
        parse_template("", SOURCES[SYSCALL])


def test_fields_are_those_of_the_source() -> None:
    template = parse_template("%ka.verb %ka.uri.param[command] %jevt.value[/a/b]", SOURCES[K8S_AUDIT])
    assert [token.name for token in template.tokens] == [
        "ka.verb",
        "ka.uri.param[command]",
        "jevt.value[/a/b]",
    ]
    with pytest.raises(CompileError):
        parse_template("%proc.name", SOURCES[K8S_AUDIT])


def test_an_unknown_field_gets_the_nearest_name() -> None:
    with pytest.raises(CompileError) as caught:
        parse_template("by %proc.nmae here", SOURCES[SYSCALL])
    assert "%proc.nmae" in caught.value.message
    assert caught.value.hint == "did you mean proc.name?"
    assert caught.value.pos.index == 4


@pytest.mark.parametrize("text", ["%proc.name " * 20_000, "%" + "a." * 50_000 + "b", "%" * 100_000])
def test_a_long_template_takes_linear_time(text: str) -> None:
    begun = time.process_time()
    try:
        template = parse_template(text, SOURCES[SYSCALL])
        assert len(template.tokens) == 20_000
    except CompileError:
        assert not text.startswith("%proc")
    assert time.process_time() - begun < 4
