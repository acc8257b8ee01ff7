"""What compiles and what does not, and what is said of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import K8S_AUDIT, SOURCES, SYSCALL
from falcolab.lang.ast import Identifier, Not, Or, depth
from falcolab.lang.compile import MAX_TREE_DEPTH, Compiler, bounded
from falcolab.lang.errors import CompileError, LanguageError, UnknownNameError
from falcolab.lang.parser import parse
from tests.tables import table

HERE = Path(__file__).parent


@pytest.mark.parametrize(("condition", "message"), table(HERE / "refusals.txt", "  =>  "))
def test_a_condition_is_refused_in_falcos_words(condition: str, message: str) -> None:
    if message == "compiles":
        compile_text(condition, SYSCALL)
        return
    with pytest.raises(CompileError, match=re.escape(message)):
        compile_text(condition, SYSCALL)


@pytest.mark.parametrize(("condition", "message"), table(HERE / "suspicions.txt", "  =>  "))
def test_a_value_that_looks_like_a_mistake_is_mentioned(condition: str, message: str) -> None:
    compiler = Compiler(SOURCES[SYSCALL])
    compiler.compile(parse(condition))
    assert [found.message for found in compiler.warnings] == ([] if message == "nothing" else [message])


def test_a_suspicion_points_to_the_value() -> None:
    compiler = Compiler(SOURCES[SYSCALL])
    compiler.compile(parse("proc.name = cat and\n proc.name = proc.pname"))
    (found,) = compiler.warnings
    assert (found.pos.line, found.pos.column) == (2, 14)


def test_an_error_points_to_the_check_and_suggests_a_name() -> None:
    with pytest.raises(UnknownNameError) as caught:
        compile_text("evt.type = open and proc.nmae = cat", SYSCALL)
    assert caught.value.pos.index == 20
    assert caught.value.hint == "did you mean proc.name?"


def test_each_source_has_its_own_fields() -> None:
    compile_text("ka.verb = get and jevt.value[/stage] = x", K8S_AUDIT)
    for condition, source in (("ka.verb = get", SYSCALL), ("proc.name = a", K8S_AUDIT)):
        with pytest.raises(UnknownNameError):
            compile_text(condition, source)


def test_a_macro_is_no_condition_by_itself() -> None:
    with pytest.raises(LanguageError, match="Undefined macro 'spawned_process' used in filter"):
        compile_text("evt.type = open and spawned_process", SYSCALL)
    with pytest.raises(CompileError, match="unexpected identifier 'a'"):
        Compiler(SOURCES[SYSCALL]).compile(Identifier("a"))


def alternating(levels: int) -> Any:
    tree: Any = Identifier("a")
    for _ in range(levels // 2):
        tree = Not(Or((Identifier("b"), tree)))
    return tree


def test_a_tree_keeps_its_shape_unless_it_is_too_deep() -> None:
    fits = alternating(MAX_TREE_DEPTH)
    assert bounded(fits) is fits
    deep = parse("not(" * 900 + "a" + ")" * 900)
    assert depth(deep) == 900
    assert depth(bounded(deep)) <= 1


def test_what_cannot_be_made_shallow_is_refused() -> None:
    with pytest.raises(CompileError, match="nests deeper than"):
        bounded(alternating(MAX_TREE_DEPTH * 2 + 10))
    condition = "(proc.name = a and (proc.name = b or " * 300 + "proc.name = c" + "))" * 300
    with pytest.raises(CompileError, match="nests deeper than"):
        compile_text(condition, SYSCALL)
