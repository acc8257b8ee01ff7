"""From collected items to a ruleset: lists, exceptions and macros in place, everything typed.

Source: ``userspace/engine/rule_loader_compiler.cpp`` of falcosecurity/falco.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL, Source
from falcolab.lang.ast import Pos
from falcolab.lang.compile import Compiler, bounded
from falcolab.lang.errors import LanguageError, UnknownNameError
from falcolab.lang.eventtypes import count_codes, event_types
from falcolab.lang.parser import parse
from falcolab.lang.template import Template, parse_template
from falcolab.lang.typed import TypedCondition
from falcolab.rules.advice import DEPRECATED, compares_na, deprecated_in_condition, deprecated_in_output
from falcolab.rules.collector import Collector
from falcolab.rules.decode import LoadError, refused
from falcolab.rules.expansion import Lists, TooLongError, with_exceptions
from falcolab.rules.items import RuleItem
from falcolab.rules.macros import MacroResolver
from falcolab.rules.result import Context, ErrorCode, FileResult, WarningCode
from falcolab.rules.ruleset import Rule, Ruleset

MAX_EVENT_CODES = 100
"""Falco warns about a rule that it must try on more entries of its event table than this."""
MAX_ALL_CHECKS = 500_000
"""How many checks all rules may have together; a macro counts wherever it is used."""

_CONTAINER_INFO = "%container.info"


@dataclass(slots=True)
class Known:
    """What compiling has found out that still holds after the next file.

    Attributes:
        trees: conditions by their text, lists in place.
        compilers: by source.
    """

    trees: dict[str, Any] = field(default_factory=dict)
    compilers: dict[str, Compiler] = field(default_factory=dict)

    def compiler(self, source: Source) -> Compiler:
        """The compiler for a source."""
        return self.compilers.setdefault(source.name, Compiler(source))


class RuleCompiler:
    """Compiles everything that a collector holds; findings go to the result of the latest file."""

    def __init__(self, collector: Collector, result: FileResult, known: Known | None = None) -> None:
        self.collector, self.result = collector, result
        self.lists = Lists(collector.lists)
        self.known = known or Known()
        self.trees: dict[str, Any] = {}
        self.resolver = MacroResolver(self.trees)
        self.used_macros: set[str] = set()
        self.checks = 0

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
        macro_trees = {name: expanded.tree for name, expanded in self.resolver.done.items()}
        return Ruleset(rules, collector.rules, collector.macros, collector.lists, macro_trees)

    def _warn_unused(self) -> None:
        for name, macro in self.collector.macros.items():
            if name not in self.used_macros:
                message = "Macro not referred to by any other rule/macro"
                self.result.warn(WarningCode.LOAD_UNUSED_MACRO, message, macro.context)
        for name, info in self.collector.lists.items():
            if name not in self.lists.used:
                message = "List not referred to by any other rule/macro"
                self.result.warn(WarningCode.LOAD_UNUSED_LIST, message, info.context)

    def _compile_macros(self) -> None:
        """A macro sees the macros that began before its own latest change."""
        macros = self.collector.macros
        for name, macro in macros.items():
            self.trees[name] = self._tree(macro.condition, macro.condition_context)
        for name, macro in macros.items():
            since = macro.visibility
            expanded = self.resolver.expand(self.trees[name], lambda other: macros[other].index < since)  # noqa: B023
            self._check_resolved(macro.condition, macro.context)
            self.resolver.done[name] = expanded

    def _tree(self, condition: str, context: Context) -> Any:
        try:
            text = self.lists.put_into(condition)
        except TooLongError as error:
            raise refused(str(error), context) from None
        if text not in self.known.trees:
            try:
                self.known.trees[text] = bounded(parse(text))
            except LanguageError as error:
                place = context.in_condition(error.pos, text)
                code = ErrorCode.LOAD_ERR_COMPILE_CONDITION
                raise LoadError(code, error.message, place, error.hint) from None
        return self.known.trees[text]

    def _check_resolved(self, condition: str, context: Context) -> None:
        if self.resolver.problem is not None:
            message, pos = self.resolver.problem
            raise refused(message, context.in_condition(pos, condition))
        self.used_macros |= self.resolver.resolved

    def _compile_rule(self, item: RuleItem) -> Rule | None:
        if item.unknown_source:
            return None
        source = SOURCES[item.source]
        condition = with_exceptions(item.condition, item.exceptions) if item.exceptions else item.condition
        output = self._output(item, source)
        tree = self._tree(condition, item.condition_context)
        resolved = self._resolved(tree, condition, item)
        self._warn_about(resolved, item.condition_context.in_condition(Pos(0, 0, 0), condition))
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

    def _resolved(self, tree: Any, condition: str, item: RuleItem) -> Any:
        expanded = self.resolver.expand(tree)
        self._check_resolved(condition, item.context)
        self.checks += expanded.checks
        if self.checks > MAX_ALL_CHECKS:
            message = f"the rules have more than {MAX_ALL_CHECKS:,} checks once their macros are in place"
            raise refused(message, item.context)
        return expanded.tree

    def _output(self, item: RuleItem, source: Source) -> Template:
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
            code = ErrorCode.LOAD_ERR_COMPILE_OUTPUT
            raise LoadError(code, error.message, item.output_context, error.hint) from None
        for name in deprecated_in_output(text):
            message = f"usage of deprecated field '{name}' has been detected in the rule output"
            self.result.warn_deprecated(name, message, item.output_context)
        return template

    def _typed(self, tree: Any, condition: str, item: RuleItem, source: Source) -> TypedCondition | None:
        compiler = self.known.compiler(source)
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
        """Falco's warnings on conditions; it points to the condition as a whole."""
        if compares_na(tree):
            message = "comparing with <NA> is unsafe; to test whether a field is present, use 'exists'"
            self.result.warn(WarningCode.LOAD_UNSAFE_NA_CHECK, message, context)
        for name in deprecated_in_condition(tree):
            self.result.warn_deprecated(name, DEPRECATED[name], context)

    def _warn_about_event_types(self, types: frozenset[str], item: RuleItem) -> None:
        if item.source != SYSCALL or not item.warn_evttypes:
            return
        if not types or count_codes(types) > MAX_EVENT_CODES:
            message = "Rule matches too many evt.type values. This has a significant performance penalty."
            self.result.warn(WarningCode.LOAD_NO_EVTTYPE, message, item.context)
