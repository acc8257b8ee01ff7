"""FL005: an appended ``and`` that binds to the last operand of an ``or`` only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from falcolab.lang.ast import And, Or, Pos
from falcolab.lang.errors import ParseError
from falcolab.lang.parser import parse
from falcolab.lang.printer import to_text
from falcolab.rules import reader
from falcolab.rules.collector import Collector
from falcolab.rules.items import MacroItem, RuleUpdate
from falcolab.rules.lint.subject import Problem, Subject
from falcolab.rules.lint.written import shortened
from falcolab.rules.result import Context, FileResult

_AND = re.compile(r"\s*and[\s(]")


@dataclass(frozen=True, slots=True)
class _Appended:
    before: str
    added: str
    context: Context


class _Recorder(Collector):
    """Collects as usual and keeps what was appended to what."""

    def __init__(self, known_sources: Collection[str]) -> None:
        super().__init__(known_sources=known_sources)
        self.appended: list[_Appended] = []

    def append_macro(self, info: MacroItem) -> None:
        previous = self.macros.get(info.name)
        if previous is not None:
            self.appended.append(_Appended(previous.condition, info.condition, info.context))
        super().append_macro(info)

    def append_rule(self, update: RuleUpdate) -> None:
        previous = self.rules.get(update.name)
        if previous is not None and update.condition:
            self.appended.append(_Appended(previous.condition, update.condition, update.context))
        super().append_rule(update)


def binds_to_last(subject: Subject) -> Iterator[Problem]:
    """FL005: text that is appended to ``a or b`` and begins with ``and``."""
    contents = subject.loaded.contents
    if not any("append" in content for content in contents.values()):
        return
    recorder = _Recorder(subject.collector.known_sources)
    for name, content in contents.items():
        reader.read(content, name, recorder, FileResult(name))
    for appended in recorder.appended:
        last = _last_operand(appended.before) if _AND.match(appended.added) else None
        if last is not None:
            place = appended.context.in_condition(Pos(), appended.added)
            message = f"the appended `and` binds to `{last}` only, the last operand of an `or`"
            hint = "put the original condition in parentheses, or replace it instead of appending to it"
            yield Problem(message, place, hint)


def _last_operand(condition: str) -> str | None:
    """What an ``and`` behind the condition binds to, if that is only a part of it."""
    # A name of two letters stands for the appended text, and shows where that ends up.
    tree = _parsed(f"{condition} and zz")
    last = tree.children[-1] if isinstance(tree, Or) else None
    if not isinstance(last, And):
        return None
    own = last.children[:-1]
    return shortened(to_text(And(own) if len(own) > 1 else own[0]))


def _parsed(condition: str) -> Any:
    try:
        return parse(condition)
    except ParseError:
        return None
