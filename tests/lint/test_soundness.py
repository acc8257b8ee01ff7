"""What lints conclude about conditions holds for every event: checked with the per-event evaluator."""

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcolab.engine.conditions import compile_text
from falcolab.engine.event import compile_condition, slots_of
from falcolab.lang.ast import And
from falcolab.rules.lint import Subject
from falcolab.rules.lint.formula import joined
from falcolab.rules.loader import load_texts

WORDS = ["a", "ab", "b", "A", "abc"]
SOURCES = {
    "syscall": {
        "proc.name": [None, *WORDS, "bab", "AB"],
        "evt.num": [None, 0, 1, 2, 3],
        "container.privileged": [None, False, True],
    },
    "k8s_audit": {
        "ka.user.groups": [None, ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("a", "b", "c")],
        "ka.verb": [None, "a", "b", "c"],
    },
}

LISTS = ["()", "(a)", "(a, ab)", "(ab, b)", "(A, abc)", "(a, ab, b, A, abc)"]
TEXTS = [
    "exists",
    *(f"{name} {values}" for name in ("in", "intersects", "pmatch") for values in LISTS),
    *(f"{name} {word}" for name in ("=", "!=", "startswith", "contains", "icontains") for word in WORDS),
    *(f"{name} {word}" for name in ("endswith", "glob") for word in ("b", "ab", "a*")),
    *(f"startswith {modifier} (a, ab)" for modifier in ("oneof", "anyof", "allof")),
    *("= oneof (a, b)", "iglob A*", 'regex "(a|b)b?"'),
]
NUMBERS = [
    *(f"{name} {number}" for name in ("=", "!=", "<", "<=", ">", ">=") for number in range(3)),
    *("in (0, 1)", "in (2)", "in ()", "exists"),
]
TRUTHS = ["= true", "!= true", "= false", "in (true, false)", "exists"]
GROUPS = [
    *(f"{name} {values}" for name in ("in", "intersects") for values in ("()", "(a)", "(b, c)", "(a, b, c)")),
    "exists",
]
CHECKS = {
    "syscall": [
        *(f"{left} {text}" for left in ("proc.name", "tolower(proc.name)") for text in TEXTS),
        *(f"evt.num {text}" for text in NUMBERS),
        *(f"container.privileged {text}" for text in TRUTHS),
    ],
    "k8s_audit": [*(f"ka.user.groups {text}" for text in GROUPS), "ka.verb = a", "ka.verb in (a, b)"],
}


def _formulas(source, conditions):
    """The subject with these conditions as rules, and their formulas."""
    rules = [
        {"rule": f"r{n}", "desc": "d", "condition": text, "output": "o", "priority": "INFO", "source": source}
        for n, text in enumerate(conditions)
    ]
    subject = Subject(load_texts([("rules.yaml", json.dumps(rules))]))
    return subject, [subject.formula(written) for written in subject.rules.values()]


def _verdicts(source, conditions):
    """For each condition the numbers of the events that it is true for, of all possible events."""
    typed = [compile_text(text, source) for text in conditions]
    slots = slots_of(*typed)
    names = [value.name for value in sorted(slots, key=slots.__getitem__)]
    events = list(product(*(SOURCES[source][name] for name in names)))
    judges = [compile_condition(each, slots) for each in typed]
    return [{number for number, event in enumerate(events) if judge(event)} for judge in judges]


@pytest.mark.parametrize("source", SOURCES)
def test_two_checks_relate_as_the_lints_say(source):
    conditions = [sign.format(check) for check in CHECKS[source] for sign in ("{}", "not {}")]
    subject, formulas = _formulas(source, conditions)
    verdicts = _verdicts(source, conditions)
    subject.work.left = 10**9
    for one, other in product(range(len(conditions)), repeat=2):
        if subject.logic.implies(formulas[one], formulas[other]):
            assert verdicts[one] <= verdicts[other], (conditions[one], conditions[other])
        if subject.logic.conflict(joined(And, [formulas[one], formulas[other]])):
            assert not verdicts[one] & verdicts[other], (conditions[one], conditions[other])


def _conditions(source):
    return st.recursive(
        st.sampled_from(CHECKS[source]),
        lambda inner: st.one_of(
            st.builds("not ({})".format, inner),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
        ),
        max_leaves=6,
    )


@pytest.mark.parametrize("source", SOURCES)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_two_conditions_relate_as_the_lints_say(source, data):
    conditions = [data.draw(_conditions(source)) for _ in range(2)]
    subject, formulas = _formulas(source, conditions)
    verdicts = _verdicts(source, conditions)
    for one, other in ((0, 1), (1, 0)):
        if subject.logic.conflict(formulas[one]):
            assert not verdicts[one]
        if subject.logic.implies(formulas[one], formulas[other]):
            assert verdicts[one] <= verdicts[other]
