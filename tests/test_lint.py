"""Lints find what their fixtures say, and nothing else.

``tests/lint/*.txt`` holds the cases. A case begins with ``### claim -> codes``; lines that
begin with ``#=`` must occur in a finding. A line ``? condition`` stands for a rule on
system calls, ``?? condition`` for one on audit events, ``!! condition`` for one on audit
events in a file that does not require the plugin.
"""

import json
import re
import time
from pathlib import Path

import pytest

from falcolab.rules.lint import GAVE_UP, LINTS, lint
from falcolab.rules.loader import Loaded, check_files, load_files, load_texts, required_sources

HERE = Path(__file__).parent / "lint"
DOCS = Path(__file__).parent.parent / "docs"
PLUGIN = "- required_plugin_versions: [{name: k8saudit, version: 0.18.0}]\n"


def _cases():
    for path in sorted(HERE.glob("*.txt")):
        for block in path.read_text().split("### ")[1:]:
            head, body = block.split("\n", 1)
            claim, codes = head.rsplit("->", 1)
            yield pytest.param(body, codes.split(), id=f"{path.stem}: {claim.strip()}")


def _rules(body: str) -> str:
    count = 0

    def rule(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        source = "syscall" if match[1] == "?" else "k8s_audit"
        keys = {"rule": f"r{count}", "desc": "d", "condition": match[2], "output": "o", "priority": "INFO"}
        return "- " + json.dumps({**keys, "source": source})

    text = re.sub(r"^(\?\??|!!) (.*)$", rule, body, flags=re.MULTILINE)
    return (PLUGIN if "\n?? " in "\n" + body else "") + text


def _load(body: str) -> Loaded:
    """The rules, loaded as `falcolab rules check` does: sources are known by the plugins required."""
    text = _rules(body)
    return load_texts([("rules.yaml", text)], {"syscall", *required_sources([text.encode()])})


def _codes(loaded: Loaded) -> list[str]:
    return [finding.code for finding in lint(loaded)]


@pytest.mark.parametrize(("body", "codes"), list(_cases()))
def test_findings_are_those_of_the_fixture(body, codes):
    findings = lint(_load(body))
    assert sorted(finding.code for finding in findings) == codes
    said = "\n".join(f"{finding.message}\n{finding.hint}" for finding in findings)
    for line in re.findall(r"^#= (.*)$", body, re.MULTILINE):
        assert line in said


USERS = ["FL001", "FL010", "FL004", "FL003", "FL001"]


def test_the_users_file_gets_its_findings():
    loaded = load_files([HERE / "users.yaml"])
    assert loaded.successful
    assert _codes(loaded) == USERS


def test_the_users_file_gets_the_same_findings_when_falco_skips_the_audit_rule():
    loaded = check_files([HERE / "users.yaml"])
    assert loaded.successful
    assert "LOAD_UNKNOWN_SOURCE" in [warning.code for warning in loaded.results[0].warnings]
    assert _codes(loaded) == USERS


def test_the_users_file_gets_the_same_findings_when_it_does_not_load():
    text = (HERE / "users.yaml").read_text()
    loaded = load_texts([("rules.yaml", text.replace("macro: container", "macro: in_container"))])
    assert loaded.ruleset is None
    assert _codes(loaded) == USERS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("allowed_kube_users", "ka.user.name in (admin,\n  allowed_kube_users)"),
        ("ka.target.resource", "ka.user.name = a and\n   ka.target.resource = pods/exec"),
    ],
)
def test_the_caret_stands_below_the_clause(value, text):
    macro = "- macro: allowed_kube_users\n  condition: ka.user.name in (a)\n"
    condition = f"- rule: r\n  desc: d\n  condition: {json.dumps(text)}\n  output: o\n  priority: INFO\n"
    loaded = load_texts([("rules.yaml", PLUGIN + macro + condition + "  source: k8s_audit\n")])
    (finding,) = lint(loaded)
    line, caret = finding.as_json(loaded.contents)["context"]["snippet"].splitlines()
    assert line[caret.index("^") :].startswith(value)
    assert finding.context.item.item_type == "rule condition"
    assert finding.context.item.mark.line == 5


def test_a_list_before_the_clause_does_not_move_the_caret():
    loaded = _load("- list: long\n  items: [one, two, three, four]\n? proc.name in (long) and evt.num < 0\n")
    (finding,) = lint(loaded)
    line, caret = finding.as_json(loaded.contents)["context"]["snippet"].splitlines()
    assert line[caret.index("^") :].startswith("evt.num")


def test_findings_are_ordered_by_file_then_line():
    second, first = "? evt.type = open and evt.num < 0\n", "? evt.type = open and proc.name in ()\n"
    texts = [("b.yaml", _rules(first).replace("r1", "r0") + _rules(second)), ("a.yaml", _rules(second * 2))]
    places = [(f.context.file, f.context.item.mark.line) for f in lint(load_texts(texts))]
    assert places == [("b.yaml", 0), ("a.yaml", 0), ("a.yaml", 1)]


def _many(line: str, count: int, start: int = 0) -> str:
    """A line for each number: `{0}` is the number, `{1}` the one before it."""
    return "".join(line.format(n, n - 1) for n in range(start, count))


MACRO = "- macro: m{}\n  condition: {}\n"
RULE = "- rule: r{}\n  desc: d\n  condition: {}\n  output: o\n  priority: INFO\n"
ROWS = "  exceptions:\n    - name: x\n      fields: [fd.name, proc.pname]\n      values:\n"
WORDS = ", ".join(f"some_{n}_tools" for n in range(50_000))
OPENS = "evt.type = open and "
STRANGE = {
    "empty": "",
    "no YAML": "- [",
    "self": MACRO.format(0, "m0"),
    "loop": MACRO.format(0, "m1") + MACRO.format(1, "m0 and m0"),
    "no condition": MACRO.format(0, "((("),
    "doubling macros": MACRO.format(0, "evt.type=open") + _many(MACRO.format("{0}", "m{1} and m{1}"), 40, 1),
    "macros that all use each other": _many(MACRO.format("{0}", _many("m{0} or ", 12) + "a.b exists"), 12),
    "chain of macros": MACRO.format(0, "evt.type=open") + _many(MACRO.format("{0}", "m{1}"), 2_000, 1),
    "deep": MACRO.format(0, "not (a.b exists or " * 90 + "c.d exists" + ")" * 90),
    "too deep": RULE.format(0, "(" * 10_000 + "proc.name = a" + ")" * 10_000),
    "odd list": "- list: a\n  items: ['x) or (y']\n" + MACRO.format(0, "proc.name in (a)"),
    "long list": f"- list: l\n  items: [{WORDS}]\n"
    + RULE.format(0, OPENS + "proc.name in (l) and not proc.name in (l, x) and proc.name glob a*"),
    "long list in place": RULE.format(0, f"{OPENS}proc.name in ({WORDS})"),
    "long chain": RULE.format(0, "evt.type = open" + _many(" and proc.name != a{0}", 5_000)),
    "long alternatives": RULE.format(
        0, f"{OPENS}({_many('proc.name = a{0} and fd.name != b{1} or ', 2_500)}evt.num < 0)"
    ),
    "many rows": RULE.format(0, "evt.type = open") + ROWS + _many("        - [a{0}, b{1}]\n", 3_000),
    "many rules": _many(RULE.format("{0}", OPENS + "proc.name = a{0} and fd.name = b{1}"), 1_500),
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_strange_files_do_no_harm(text):
    loaded = load_texts([("rules.yaml", text)])
    began = time.process_time()
    lint(loaded)
    assert time.process_time() - began < 15


def test_a_lint_that_gives_up_says_so(monkeypatch):
    monkeypatch.setattr("falcolab.rules.lint.work.MAX_STEPS", 100)
    findings = lint(_load("? evt.type = open and proc.name = a and proc.name exists\n" * 20))
    assert "FL007 (superfluous clause) has given up: there is too much to compare" in [
        finding.message for finding in findings if finding.code == GAVE_UP
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["k8s_audit_rules.yaml"], []),
        (
            ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"],
            [
                ("FL012", "k8s_api_server"),
                ("FL007", "chage_list"),
                ("FL012", "Unexpected inbound connection source"),
                ("FL007", "httpd_writing_ssl_conf"),
                ("FL007", "redis_writing_conf"),
                ("FL012", "minerpool_https"),
                ("FL012", "minerpool_http"),
                ("FL012", "minerpool_other"),
                ("FL007", "Sudo Potential Privilege Escalation"),
                ("FL007", "base64_decoding"),
                ("FL008", "Network Tool Executed During NPM Package Install"),
            ],
        ),
    ],
)
def test_the_official_rules_get_only_the_findings_that_the_docs_explain(official_rules, files, expected):
    findings = lint(load_files([official_rules / name for name in files]))
    found = [
        (finding.code, next(step.item_name for step in finding.context.locations if step.item_name))
        for finding in findings
    ]
    assert found == expected
    text = (DOCS / "lints.md").read_text()
    assert all(name in text for _, name in expected)


def _examples():
    for path in sorted((DOCS / "lints").glob("*.md")):
        for kind, text in re.findall(r"## (Wrong|Right)\n\n```yaml\n(.*?)```", path.read_text(), re.DOTALL):
            yield pytest.param(text, [path.stem] if kind == "Wrong" else [], id=f"{path.stem} {kind}")


@pytest.mark.parametrize(("text", "codes"), list(_examples()))
def test_the_examples_of_the_pages_are_wrong_and_right(text, codes):
    loaded = _load(text)
    assert loaded.successful
    assert _codes(loaded) == codes


def test_every_lint_has_a_page_and_a_fixture():
    table = (DOCS / "lints.md").read_text()
    for each in LINTS:
        page = (DOCS / "lints" / f"{each.code}.md").read_text()
        assert page.startswith(f"# {each.code}: {each.title}\n")
        assert re.findall(r"^## (Wrong|Right)$", page, re.MULTILINE) == ["Wrong", "Right"]
        assert f"[{each.code}](lints/{each.code}.md)" in table
        assert (HERE / f"{each.code}.txt").exists()
