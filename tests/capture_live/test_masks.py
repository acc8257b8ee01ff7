"""Masks of rows that appear one by one are those that the replay makes of whole tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.live.checks import Checks
from capture.live.masks import GrowingMasks, Row, all_branches, table_of
from capture.live.texts import TextChecks
from falcolab import Ruleset, load_rules
from falcolab.engine.answers import Answers
from falcolab.engine.binders import binder_of
from falcolab.engine.conditions import compile_text
from falcolab.engine.event import compile_test, slots_of
from falcolab.engine.masks import Dimension, Masks
from falcolab.engine.plan import Plan
from falcolab.engine.planner import make_plan
from falcolab.engine.pools import Pools
from falcolab.engine.table import Table
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.layout import layout_of
from falcolab.lake.syscall.encoder import SyscallEncoder
from falcolab.lang import typed
from falcolab.lang.ast import leaves
from tests.capture_live.feeding import BUNDLED, encoded

NAMES = tuple(layout_of(SYSCALL).dimensions)


def plan_of(rules: Ruleset) -> Plan:
    return make_plan([rule.typed for rule in rules.enabled(SYSCALL)], SYSCALL)


def whole(rows: list[Row], schema: pa.Schema, name: str, plan: Plan) -> np.ndarray:
    """The masks as a replay makes them."""
    bind = binder_of(SYSCALL)
    table = Table(len(rows), lambda names: table_of(rows, schema, names), bind)
    made = Masks.of(Dimension(table, Answers(None), Pools(bind)), name, plan.branches, all_branches(plan))
    return np.array(made.words)


def growing(rows: list[Row], schema: pa.Schema, name: str, plan: Plan, steps: int) -> np.ndarray:
    """The masks as the live engine makes them, some rows at a time."""
    masks = GrowingMasks(name, schema, plan)
    for end in range(0, len(rows), steps):
        masks.grow(rows[:end])
    masks.grow(rows)
    words = [np.full(len(rows), word) for word in all_branches(plan)]
    masks.apply(np.arange(len(rows)), words)
    return np.array(words)


def assert_same(encoder: SyscallEncoder, plan: Plan, steps: int) -> None:
    for name in NAMES:
        rows = encoder.dimensions[name].rows
        schema = pa.schema(list(layout_of(SYSCALL).dimensions[name])[1:])
        assert rows, name
        assert (growing(rows, schema, name, plan, steps) == whole(rows, schema, name, plan)).all(), name


@pytest.mark.parametrize("steps", [1, 50, 10**6])
def test_of_the_bundled_capture(steps: int) -> None:
    plan = plan_of(load_rules(BUNDLED / "10-host-rules.yaml"))
    assert_same(encoded(BUNDLED / "capture.scap"), plan, steps)


def test_of_attacks_under_the_official_rules(shared: Path, official_rules: Path) -> None:
    plan = plan_of(load_rules(*sorted(official_rules.glob("falco*.yaml"))))
    for name in ("live__attack_a", "live__attack_a_k8s"):
        assert_same(encoded(shared / "conformance/captures/scap" / f"{name}.scap"), plan, 500)


CONDITIONS = (
    "fd.name = /etc/passwd",
    "fd.name != /etc/passwd",
    "fd.name in (/etc/passwd, /tmp/x, '')",
    "fd.name startswith /etc",
    "fd.name startswith /etc/",
    "fd.name startswith ''",
    "fd.name endswith passwd",
    "fd.name contains ss",
    "fd.name contains é",
    "fd.name icontains SS",
    "fd.name glob /etc/*",
    "fd.name pmatch (/etc, /tmp)",
    "fd.name regex ^/etc/.*d$",
    "fd.name exists",
)
TREES = [compile_text(condition, SYSCALL) for condition in CONDITIONS]
TESTS = [leaf for tree in TREES for leaf in leaves(tree) if isinstance(leaf, typed.Test)]

PATHS = ("/etc/passwd", "/etc/passwd\0", "/etc", "/tmp/x", "", "é", "/etc/\U0010dcc3\U0010dca9")
TEXTS = st.sampled_from(PATHS) | st.text(alphabet="/etcpaswdé\U0010dcc3", max_size=14)


@given(st.lists(st.none() | TEXTS))
def test_checks_on_texts_say_what_each_says_alone(values: list[str | None]) -> None:
    checks = Checks(("fd.name",), {1 << at: test for at, test in enumerate(TESTS)}, binder_of(SYSCALL))
    for value in values:
        alone = [compile_test(test, slots_of(test))([value]) for test in TESTS]
        assert [checks.of(value) >> at & 1 == 1 for at in range(len(TESTS))] == alone


def test_some_checks_are_answered_together() -> None:
    assert sum(map(TextChecks.suits, TESTS)) == 7
