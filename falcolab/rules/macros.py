"""Macros put into the trees of conditions.

Source: ``userspace/engine/filter_macro_resolver.cpp`` of falcosecurity/falco. References are
followed with a stack of our own, macros that are done are not walked again, and a tree
stays within bounds of depth and size, so that hostile macros end in an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from falcolab.lang.ast import Identifier, Pos, children, depth, flattened, leaves, with_children
from falcolab.lang.compile import MAX_TREE_DEPTH
from falcolab.lang.parser import MAX_CHECKS

MAX_STEPS = 200_000
"""How many nodes of macros may be walked that stand in other macros before their own turn has come."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """A tree with its macros in place, its depth and the number of its checks."""

    tree: Any
    depth: int = 0
    checks: int = 1


def _everything(_name: str) -> bool:
    return True


@dataclass(slots=True)
class MacroResolver:
    """Puts macros into trees.

    Attributes:
        macros: the trees of the macros as they are written.
        done: the macros whose own macros are in place.
        resolved: the names that the latest call has replaced.
        problem: the first thing that went wrong in the latest call: a message and its place.
        steps: how many nodes of macros that were not done have been walked in all calls.
    """

    macros: Mapping[str, Any]
    done: dict[str, Expanded] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    problem: tuple[str, Pos] | None = None
    steps: int = 0
    _unknown: tuple[str, Pos] | None = None
    _path: dict[str, None] = field(default_factory=dict)

    def resolve(self, tree: Any, visible: Callable[[str], bool] = _everything) -> Any:
        """The tree with every known macro in place; see ``problem`` for the rest.

        Args:
            tree: of a condition.
            visible: which macros may be used.
        """
        return self.expand(tree, visible).tree

    def expand(self, tree: Any, visible: Callable[[str], bool] = _everything) -> Expanded:
        """As :meth:`resolve`, with the measures of the tree."""
        self.resolved, self.problem, self._unknown, self._path = set(), None, None, {}
        found = self._walk(tree, visible)
        if self.problem is None:
            found = _shallow(found)
        if found.depth > MAX_TREE_DEPTH:
            self._fail(
                f"condition nests deeper than {MAX_TREE_DEPTH} levels once its macros are in place", tree.pos
            )
        self.problem = self.problem or self._unknown
        return found

    def _walk(self, tree: Any, visible: Callable[[str], bool]) -> Expanded:
        """Expand from the leaves upwards; a name on the work list says that a macro has been left."""
        done: list[Expanded] = []
        work: list[tuple[Any, int]] = [(tree, 0)]
        while work:
            node, below = work.pop()
            self.steps += bool(self._path)
            if isinstance(node, str):
                del self._path[node]
            elif below:
                done.append(self._rebuilt(node, [done.pop() for _ in range(below)][::-1]))
            elif parts := children(node):
                work.append((node, len(parts)))
                work.extend((part, 0) for part in reversed(parts))
            elif isinstance(node, Identifier):
                self._enter(node, visible, done, work)
            else:
                done.append(Expanded(node))
        return done[0]

    def _rebuilt(self, node: Any, below: list[Expanded]) -> Expanded:
        checks = sum(part.checks for part in below)
        if checks > MAX_CHECKS:
            self._fail(
                f"condition has more than {MAX_CHECKS:,} checks once its macros are in place", node.pos
            )
        if self.steps > MAX_STEPS:
            self._fail("macros refer to each other too often", node.pos)
        if self.problem is not None:
            return Expanded(node)
        tree = with_children(node, [part.tree for part in below])
        return Expanded(tree, 1 + max(part.depth for part in below), checks)

    def _enter(
        self,
        node: Identifier,
        visible: Callable[[str], bool],
        done: list[Expanded],
        work: list[tuple[Any, int]],
    ) -> None:
        name = node.name
        if name not in self.macros or not visible(name):
            self._unknown = self._unknown or (f"Undefined macro '{name}' used in filter.", node.pos)
        elif name in self._path:
            self._fail(f"reference loop in macro '{name}'", node.pos)
        elif self.problem is None:
            self.resolved.add(name)
            if name in self.done:
                done.append(self.done[name])
            else:
                self._path[name] = None
                work += [(name, 0), (self.macros[name], 0)]
            return
        done.append(Expanded(node))

    def _fail(self, message: str, pos: Pos) -> None:
        self.problem = self.problem or (message, pos)


def _shallow(expanded: Expanded) -> Expanded:
    """The same tree with fewer levels, where it has too many."""
    if expanded.depth <= MAX_TREE_DEPTH:
        return expanded
    flat = flattened(expanded.tree)
    return Expanded(flat, depth(flat), sum(1 for _ in leaves(flat)))
