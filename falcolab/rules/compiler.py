"""From collected items to a ruleset: lists, exceptions and macros in place, everything typed.

Source: ``userspace/engine/rule_loader_compiler.cpp`` of falcosecurity/falco.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL, Source
from falcolab.lang.ast import Check, FieldRef, Literal, Pos, Values, leaves
from falcolab.lang.ast import fields as fields_of
from falcolab.lang.compile import Compiler
from falcolab.lang.errors import LanguageError, ParseError, UnknownNameError
from falcolab.lang.eventtypes import count_codes, event_types
from falcolab.lang.parser import parse
from falcolab.lang.printer import to_text
from falcolab.lang.template import Template, parse_template
from falcolab.lang.typed import TypedCondition
from falcolab.rules.collector import Collector, refused
from falcolab.rules.decode import LoadError
from falcolab.rules.expansion import (
    MAX_CONDITION,
    MacroResolver,
    expand_lists,
    substitute_list,
    with_exceptions,
)
from falcolab.rules.items import MacroItem, RuleItem
from falcolab.rules.result import Context, ErrorCode, FileResult, WarningCode
from falcolab.rules.ruleset import Rule, Ruleset

MAX_EVENT_CODES = 100
"""Falco warns about a rule that it must try on more entries of its event table than this."""

_CONTAINER_INFO = "%container.info"
_NA = "<NA>"
_NA_OPERATORS = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})

_parse = lru_cache(maxsize=8192)(parse)


class RuleCompiler:
    """Compiles everything that a collector holds; findings go to the result of the latest file."""

    def __init__(self, collector: Collector, result: FileResult) -> None:
        self.collector, self.result = collector, result
        self.lists, self.used_lists = expand_lists(collector.lists)
        self.used_macros: set[str] = set()
        self.macro_trees: dict[str, Any] = {}

    def compile(self) -> Ruleset | None:
        """The ruleset, or None when the result has got an error."""
        try:
            self._compile_macros()
            compiled = [self._compile_rule(item) for item in self.collector.rules.values()]
        except LoadError as error:
            self.result.error(error.code, error.message, error.context, error.hint)
            return None
        self._warn_unused()
        collector = self.collector
        rules = tuple(rule for rule in compiled if rule is not None)
        return Ruleset(rules, collector.rules, collector.macros, collector.lists, self.macro_trees)

    def _warn_unused(self) -> None:
        for name, macro in self.collector.macros.items():
            if name not in self.used_macros:
                message = "Macro not referred to by any other rule/macro"
                self.result.warn(WarningCode.LOAD_UNUSED_MACRO, message, macro.context)
        for name, info in self.collector.lists.items():
            if name not in self.used_lists:
                message = "List not referred to by any other rule/macro"
                self.result.warn(WarningCode.LOAD_UNUSED_LIST, message, info.context)

    def _compile_macros(self) -> None:
        macros = self.collector.macros
        for name, macro in macros.items():
            self.macro_trees[name] = self._tree(macro.condition, macro.condition_context)
        for name, macro in macros.items():
            visible = {other: self.macro_trees[other] for other in self._visible_to(macro)}
            tree = self.macro_trees[name]
            self.macro_trees[name] = self._resolve(tree, visible, macro.condition, macro.context)

    def _visible_to(self, macro: MacroItem) -> list[str]:
        """A macro sees the macros that began before its own latest change."""
        return [name for name, other in self.collector.macros.items() if other.index < macro.visibility]

    def _tree(self, condition: str, context: Context) -> Any:
        text = condition
        for name, items in self.lists.items():
            if name in text:
                substituted = substitute_list(text, name, items)
                if substituted is not text:
                    self.used_lists.add(name)
                text = substituted
                if len(text) > MAX_CONDITION:
                    raise refused(f"condition is longer than {MAX_CONDITION} characters", context)
        try:
            return _parse(text)
        except ParseError as error:
            place = context.in_condition(error.pos, text)
            code = ErrorCode.LOAD_ERR_COMPILE_CONDITION
            raise LoadError(code, error.message, place, error.hint) from None

    def _resolve(self, tree: Any, macros: dict[str, Any], condition: str, context: Context) -> Any:
        resolver = MacroResolver(macros)
        resolved = resolver.resolve(tree)
        if resolver.problem is not None:
            message, pos = resolver.problem
            raise refused(message, context.in_condition(pos, condition))
        self.used_macros |= resolver.resolved
        return resolved

    def _compile_rule(self, item: RuleItem) -> Rule | None:
        if item.unknown_source:
            return None
        source = SOURCES[item.source]
        condition = with_exceptions(item.condition, item.exceptions) if item.exceptions else item.condition
        output = self._output(item, source)
        if output is None:
            return None
        tree = self._tree(condition, item.condition_context)
        resolved = self._resolve(tree, self.macro_trees, condition, item.context)
        self._warn_about(resolved, item.condition_context)
        typed = self._typed(resolved, condition, item, source)
        if typed is None:
            return None
        types = event_types(typed) if item.source == SYSCALL else frozenset[str]()
        self._warn_about_event_types(types, item)
        return Rule(
            item.name,
            item.source,
            condition,
            tree,
            typed,
            output,
            item.priority,
            tuple(sorted(item.tags)),
            item.description,
            item.enabled,
            types,
        )

    def _output(self, item: RuleItem, source: Source) -> Template | None:
        text = item.output
        if _CONTAINER_INFO in text:
            message = (
                "%container.info is deprecated and prints nothing; Falco adds the container fields by itself"
            )
            self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, message, item.context)
            text = text.replace(_CONTAINER_INFO, "")
        try:
            template = parse_template(text, source)
        except LanguageError as error:
            if isinstance(error, UnknownNameError) and item.skip_if_unknown_filter:
                self.result.warn(WarningCode.LOAD_UNKNOWN_FILTER, error.message, item.output_context)
                return None
            code = ErrorCode.LOAD_ERR_COMPILE_OUTPUT
            raise LoadError(code, error.message, item.output_context, error.hint) from None
        for field in source.fields.values():
            if field.deprecated and f"%{field.name}" in text:
                message = f"usage of deprecated field '{field.name}' has been detected in the rule output"
                self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, message, item.output_context)
        return template

    def _typed(self, tree: Any, condition: str, item: RuleItem, source: Source) -> TypedCondition | None:
        compiler = Compiler(source)
        try:
            typed = compiler.compile(tree)
        except LanguageError as error:
            place = item.condition_context.in_condition(error.pos, condition)
            if isinstance(error, UnknownNameError) and item.skip_if_unknown_filter:
                self.result.warn(WarningCode.LOAD_UNKNOWN_FILTER, error.message, place, error.hint)
                return None
            code = ErrorCode.LOAD_ERR_COMPILE_CONDITION
            raise LoadError(code, error.message, place, error.hint) from None
        for warning in compiler.warnings:
            place = item.condition_context.in_condition(warning.pos, condition)
            self.result.warn(WarningCode.LOAD_COMPILE_CONDITION, warning.message, place)
        return typed

    def _warn_about(self, tree: Any, context: Context) -> None:
        """Falco's warnings on conditions: ``<NA>`` comparisons and deprecated fields."""
        checks = list(leaves(tree))
        if any(_compares_na(check) for check in checks):
            message = "comparing a field with <NA> is unsafe; to test whether it is present, use the 'exists' operator"
            self.result.warn(WarningCode.LOAD_UNSAFE_NA_CHECK, message, context)
        for deprecated in self._deprecated(tree):
            # Falco points to the condition as a whole here.
            place = context.in_condition(Pos(0, 0, 0), to_text(tree))
            self.result.warn(WarningCode.LOAD_DEPRECATED_ITEM, deprecated, place)

    def _deprecated(self, tree: Any) -> list[str]:
        names = dict.fromkeys(ref.name for ref in fields_of(tree))
        known = SOURCES[SYSCALL].fields
        return [text for name in names if name in known and (text := known[name].deprecated)]

    def _warn_about_event_types(self, types: frozenset[str], item: RuleItem) -> None:
        if item.source != SYSCALL or not item.warn_evttypes:
            return
        if not types or count_codes(types) > MAX_EVENT_CODES:
            message = "Rule matches too many evt.type values. This has a significant performance penalty."
            self.result.warn(WarningCode.LOAD_NO_EVTTYPE, message, item.context)


def _compares_na(check: Any) -> bool:
    if not isinstance(check, Check) or check.operator not in _NA_OPERATORS:
        return False
    left = check.left
    if not (isinstance(left, FieldRef) and left.name.startswith(("ka.", "jevt."))):
        return False
    match check.right:
        case Literal(value=value):
            return value == _NA
        case Values(items=items):
            return _NA in items
        case _:
            return False
