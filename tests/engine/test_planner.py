"""What of a condition becomes branches, factors of dimensions, and what remains."""

from __future__ import annotations

from falcolab.engine.conditions import compile_text
from falcolab.engine.logic import TRUE
from falcolab.engine.plan import Branch, Plan
from falcolab.engine.planner import make_plan
from falcolab.fields.catalogue import SYSCALL


def plan_of(*conditions: str) -> Plan:
    return make_plan([compile_text(text, SYSCALL) for text in conditions], SYSCALL)


def tables_of(branch: Branch) -> set[str]:
    return set(branch.factors)


def test_a_conjunction_is_decided_on_its_tables() -> None:
    (branch,) = plan_of("evt.type = open and proc.name = sh and fd.name = /etc/shadow").branches
    assert tables_of(branch) == {"kinds", "processes", "files"}
    assert branch.residual == TRUE


def test_ways_that_differ_in_their_tables_are_branches() -> None:
    plan = plan_of("(evt.type = open and fd.name = a) or (evt.type = execve and proc.name = b)")
    assert [tables_of(branch) for branch in plan.branches] == [{"kinds", "files"}, {"kinds", "processes"}]
    assert all(branch.residual == TRUE for branch in plan.branches)


def test_ways_that_one_table_decides_are_one() -> None:
    (branch,) = plan_of("proc.name = a or proc.name = b").branches
    assert tables_of(branch) == {"processes"}
    assert len(plan_of("proc.name = a or proc.pname = b or fd.name = c").branches) == 2


def test_ways_that_no_dimension_tells_apart_remain() -> None:
    (branch,) = plan_of("evt.type = unlink and (evt.arg.path = a or fd.name = b)").branches
    assert branch.residual != TRUE
    assert tables_of(branch) == {"kinds"}


def test_there_are_few_branches() -> None:
    choice = "({0} = a or fd.name = {0})"
    many = " and ".join(choice.format(f"proc.aname[{index}]") for index in range(1, 6))
    assert len(plan_of(many).branches) == 4


def test_what_never_holds_has_no_branch() -> None:
    plan = plan_of("evt.num = 0", "proc.name = a and evt.num = 0", "proc.name = a and not evt.num = 0")
    assert [branch.condition for branch in plan.branches] == [2]
    assert tables_of(plan.branches[0]) == {"processes"}


def test_answers_that_depend_on_the_time_zone_are_not_kept() -> None:
    local, lasting = plan_of(
        "evt.time startswith 1 or proc.name = a", "evt.rawtime > 1 or proc.name = a"
    ).branches
    assert local.key is None
    assert lasting.key is not None
