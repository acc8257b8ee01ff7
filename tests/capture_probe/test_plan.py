from __future__ import annotations

import pytest

from capture.probe.calls import CALLS
from capture.probe.plan import HookPlan, make_plan
from falcolab.errors import InputError
from falcolab.rules.loader import load_texts

STATE = {name for name, call in CALLS.items() if call.need == "state"}
RULE = """
- rule: {name}
  desc: d
  condition: {condition}
  output: o
  priority: INFO
  enabled: {enabled}
"""


def plan(*conditions: str, extra: tuple[str, ...] = (), enabled: bool = True) -> HookPlan:
    rules = enumerate(conditions)
    text = "".join(
        RULE.format(name=f"rule {n}", condition=each, enabled=str(enabled).lower()) for n, each in rules
    )
    loaded = load_texts([("rules.yaml", text)])
    assert loaded.ruleset is not None, loaded
    return make_plan(loaded.ruleset, extra)


def test_state_is_always_tracked() -> None:
    assert set(plan("evt.type = ptrace", enabled=False).calls) == STATE


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ("evt.type = ptrace", {"ptrace"}),
        ("evt.type in (unlink, read) and fd.name = x", {"unlink", "read"}),
        ("evt.type != open", {name for name, call in CALLS.items() if call.need == "rules"}),
        ("proc.name = x", {name for name, call in CALLS.items() if call.need == "rules"}),
        ("not evt.type in (read, write)", {name for name, call in CALLS.items() if call.need == "rules"}),
        ("evt.type = write and evt.type = read", set()),
        ("(evt.type = kill and proc.name = a) or evt.type = write", {"kill", "write"}),
    ],
)
def test_rules_add_what_they_can_be_true_for_and_frequent_calls_if_they_name_them(
    condition: str, more: set[str]
) -> None:
    assert set(plan(condition).calls) == STATE | more


def test_calls_can_be_asked_for() -> None:
    assert set(plan("evt.type = open", extra=("read",)).calls) == STATE | {"read"}


def test_a_call_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="cannot record 'reed'"):
        plan("evt.type = open", extra=("reed",))


def test_calls_without_a_type_of_their_own_are_hooked_if_a_rule_names_them() -> None:
    assert set(plan("evt.type = fsopen").calls) == STATE | {"fsopen"}
    assert set(plan("evt.type in (fsopen, ptrace)").calls) == STATE | {"fsopen", "ptrace"}
    assert set(plan("evt.type = open", extra=("sysinfo",)).calls) == STATE | {"sysinfo"}


def test_types_that_cannot_be_recorded_are_told() -> None:
    made = plan("evt.type in (semop, open)", "evt.type = semop")
    assert made.unsupported == {"semop": ("rule 0", "rule 1")}
    assert made.rows()[-1] == ("semop", "not recorded", "rules: rule 0; rule 1")


def test_the_table_tells_why() -> None:
    rows = {name: (state, why) for name, state, why in plan(*["evt.type = open"] * 4, extra=("read",)).rows()}
    assert rows["open"] == ("hooked", "state, 4 rules: rule 0; rule 1; 2 more")
    assert rows["read"] == ("hooked", "asked for")
    assert rows["write"] == ("not hooked", "")
    assert rows["close"] == ("hooked", "state")
