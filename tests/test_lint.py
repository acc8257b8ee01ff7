"""Lints find what their fixtures say, and nothing else.

``tests/lint/*.txt`` holds the cases. A case begins with ``### claim -> codes``; lines that
begin with ``#=`` must occur in a finding. A line ``? condition`` stands for a rule on
system calls, ``?? condition`` for one on audit events.
"""

import json
import re
from pathlib import Path

import pytest

from falcolab.rules.lint import LINTS, lint
from falcolab.rules.loader import Loaded, load_files, load_texts

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
        source = "k8s_audit" if match[1] == "??" else "syscall"
        keys = {"rule": f"r{count}", "desc": "d", "condition": match[2], "output": "o", "priority": "INFO"}
        return "- " + json.dumps({**keys, "source": source})

    text = re.sub(r"^(\?\??) (.*)$", rule, body, flags=re.MULTILINE)
    return (PLUGIN if "\n?? " in "\n" + body else "") + text


def _load(body: str) -> Loaded:
    return load_texts([("rules.yaml", _rules(body))])


def _codes(loaded: Loaded) -> list[str]:
    return [finding.code for finding in lint(loaded)]


@pytest.mark.parametrize(("body", "codes"), list(_cases()))
def test_findings_are_those_of_the_fixture(body, codes):
    findings = lint(_load(body))
    assert sorted(finding.code for finding in findings) == codes
    said = "\n".join(f"{finding.message}\n{finding.hint}" for finding in findings)
    for line in re.findall(r"^#= (.*)$", body, re.MULTILINE):
        assert line in said


def test_the_users_file_gets_its_six_findings():
    loaded = load_files([HERE / "users.yaml"])
    assert loaded.successful
    assert _codes(loaded) == ["FL001", "FL010", "FL011", "FL004", "FL003", "FL001"]


def test_the_users_file_without_its_helpers_does_not_load_and_gets_the_same_findings():
    text = (HERE / "users.yaml").read_text()
    loaded = load_texts([("rules.yaml", text.replace("macro: container", "macro: in_container"))])
    assert loaded.ruleset is None
    assert sorted(_codes(loaded)) == ["FL001", "FL001", "FL003", "FL004", "FL010", "FL011"]


def test_rules_of_sources_that_are_not_known_are_linted_too():
    text = (HERE / "users.yaml").read_text()
    loaded = load_texts([("rules.yaml", text)], sources=("syscall",))
    assert sorted(_codes(loaded)) == ["FL001", "FL001", "FL003", "FL004", "FL010", "FL011"]


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
    body = "- list: long\n  items: [one, two, three, four]\n? evt.type = open and proc.name in (long) and proc.pid < 0\n"
    loaded = _load(body)
    (finding,) = lint(loaded)
    line, caret = finding.as_json(loaded.contents)["context"]["snippet"].splitlines()
    assert line[caret.index("^") :].startswith("proc.pid")


def test_findings_are_ordered_by_file_then_line():
    second, first = "? evt.type = open and proc.pid < 0\n", "? evt.type = open and proc.name in ()\n"
    texts = [("b.yaml", _rules(first).replace("r1", "r0") + _rules(second)), ("a.yaml", _rules(second * 2))]
    places = [(f.context.file, f.context.item.mark.line) for f in lint(load_texts(texts))]
    assert places == [("b.yaml", 0), ("a.yaml", 0), ("a.yaml", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- [",
        "- macro: a\n  condition: a\n",
        "- macro: a\n  condition: b\n- macro: b\n  condition: a and a\n",
        "- macro: a\n  condition: (((\n",
        "- macro: m0\n  condition: evt.type=open\n"
        + "".join(f"- macro: m{n}\n  condition: m{n - 1} and m{n - 1}\n" for n in range(1, 40)),
        "- macro: deep\n  condition: " + "not (a.b exists or " * 90 + "c.d exists" + ")" * 90 + "\n",
        "- list: a\n  items: ['x) or (y']\n- macro: m\n  condition: proc.name in (a)\n",
    ],
    ids=["empty", "no YAML", "self", "loop", "no condition", "doubling macros", "deep", "odd list"],
)
def test_strange_files_do_no_harm(text):
    lint(load_texts([("rules.yaml", text)]))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["k8s_audit_rules.yaml"], []),
        (
            ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"],
            [
                ("FL007", "chage_list"),
                ("FL006", "Network Connection outside Local Subnet"),
                ("FL007", "httpd_writing_ssl_conf"),
                ("FL007", "redis_writing_conf"),
                ("FL006", "Launch Disallowed Container"),
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


def test_every_lint_has_a_page_and_a_fixture():
    table = (DOCS / "lints.md").read_text()
    for each in LINTS:
        page = (DOCS / "lints" / f"{each.code}.md").read_text()
        assert page.startswith(f"# {each.code}: {each.title}\n")
        assert f"[{each.code}](lints/{each.code}.md)" in table
        assert (HERE / f"{each.code}.txt").exists()
