"""Rules that want to break something: bounded time and memory, and an error with one of Falco's codes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from falcolab.rules.loader import load_texts

ROOT = Path(__file__).parents[2]
SECONDS = 10
"""Half of it is enough on an idle machine."""
GIBIBYTES = 2
HEAD = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: "
RULE = HEAD + "evt.type = open"


def macros(count: int, condition: str) -> str:
    chain = (f"- macro: m{n}\n  condition: {condition.format(n - 1)}\n" for n in range(1, count + 1))
    return "- macro: m0\n  condition: proc.name = a\n" + "".join(chain) + f"{RULE} and m{count}\n"


def exception(text: str) -> str:
    return f"{RULE}\n  exceptions: [{{name: e, fields: [proc.name, fd.name], values: {text}}}]\n"


def row_of(items: Iterable[object]) -> str:
    return f"[{', '.join(map(str, items))}]"


def listed(items: Iterable[object]) -> str:
    return f"- list: l\n  items: {row_of(items)}\n{RULE} and proc.name in (l)\n"


OK = ""
CASES = {
    "YAML nested in brackets": ("[" * 10_000, "LOAD_ERR_YAML_PARSE"),
    "YAML nested in brackets that close": ("[" * 10_000 + "]" * 10_000, "LOAD_ERR_YAML_PARSE"),
    "YAML nested in braces": ("{a: " * 10_000, "LOAD_ERR_YAML_PARSE"),
    "YAML nested by indentation": ("\n".join(" " * n + "-" for n in range(3_000)), "LOAD_ERR_YAML_PARSE"),
    "aliases that multiply": (
        "- &a0 [x]\n" + "".join(f"- &a{n + 1} {row_of([f'*a{n}'] * 10)}\n" for n in range(9)),
        "LOAD_ERR_YAML_PARSE",
    ),
    "aliases in what they mean": (f"{RULE}\n  exceptions: &e [*e]\n", "LOAD_ERR_YAML_PARSE"),
    "values nested in an exception": (
        exception(f"[[a, {'[' * 480}a{']' * 480}]]"),
        "LOAD_ERR_COMPILE_CONDITION",
    ),
    "a line of 10 MB": ("x" * 10_000_000, "LOAD_ERR_YAML_VALIDATE"),
    "a quote of 10 MB": (HEAD + '"evt.type = open' + " " * 10_000_000, OK),
    "300,000 documents": ("---\n" * 300_000, OK),
    "100,000 keys": (RULE + "\n" + "".join(f"  k{n}: 1\n" for n in range(100_000)), OK),
    "10,000 rules": ("".join(RULE.replace("r\n", f"r{n}\n", 1) + "\n" for n in range(10_000)), OK),
    "10,000 rules of one name": (f"{RULE}\n" * 10_000, OK),
    "10,000 appended conditions": (
        f"{RULE}\n" + "- {rule: r, condition: or proc.name = a, override: {condition: append}}\n" * 10_000,
        OK,
    ),
    "parentheses": (f"{HEAD}{'(' * 10_000}evt.type = open{')' * 10_000}\n", "LOAD_ERR_COMPILE_CONDITION"),
    "999 parentheses": (f"{HEAD}{'(' * 999}evt.type = open{')' * 999}\n", OK),
    "negated parentheses": (f"{HEAD}{'not(' * 10_000}a{')' * 10_000}\n", "LOAD_ERR_COMPILE_CONDITION"),
    "999 negated parentheses": (f"{HEAD}{'not(' * 999}evt.type = open{')' * 999}\n", OK),
    "negations": (f"{HEAD}{'not ' * 100_000}evt.type = open\n", OK),
    "chains in chains": (
        f"{HEAD}{'(evt.type = open and (proc.name = a or ' * 400}evt.type = open{'))' * 400}\n",
        "LOAD_ERR_COMPILE_CONDITION",
    ),
    "90,000 checks": (f"{RULE} and ({' or '.join(['proc.name = a'] * 90_000)})\n", OK),
    "1,000,000 checks": (
        f"{RULE} and ({' or '.join(['proc.name = a'] * 1_000_000)})\n",
        "LOAD_ERR_COMPILE_CONDITION",
    ),
    "a long macro in many rules": (
        f"- {{macro: m, condition: {' or '.join(['proc.name = a'] * 50_000)}}}\n"
        + "".join(RULE.replace("r\n", f"r{n}\n", 1) + " and m\n" for n in range(1_000)),
        "LOAD_ERR_VALIDATE",
    ),
    "transformers": (
        f"{HEAD}{'tolower(' * 10_000}proc.name{')' * 10_000} = a\n",
        "LOAD_ERR_COMPILE_CONDITION",
    ),
    "a name of 200,000 parts": (f"{RULE} and {'a.' * 200_000}b = 1\n", "LOAD_ERR_COMPILE_CONDITION"),
    "a name of 1 MB": (f"{RULE} and {'a' * 1_000_000}.b = 1\n", "LOAD_ERR_COMPILE_CONDITION"),
    "a macro's name of 1 MB": (f"{RULE} and {'a' * 1_000_000}\n", "LOAD_ERR_VALIDATE"),
    "a number of 1 MB": (f"{RULE} and proc.pid > {'1' * 1_000_000}\n", OK),
    "a regex": (f"{RULE} and proc.name regex '{'(a*)*' * 40}b'\n", OK),
    "a glob": (f"{RULE} and proc.name glob '{'*a' * 100}b'\n", OK),
    "an output of 100,000 fields": (RULE.replace(" o\n", f" '{'%proc.name ' * 100_000}'\n") + "\n", OK),
    "an output of one long field": (
        RULE.replace(" o\n", f" '%{'a.' * 200_000}b'\n") + "\n",
        "LOAD_ERR_COMPILE_OUTPUT",
    ),
    "macros with negations": (macros(2_000, "not (proc.pname = b or m{0})"), "LOAD_ERR_VALIDATE"),
    "macros with conjunctions": (macros(5_000, "proc.pname = b and m{0}"), OK),
    "macros that are macros": (macros(10_000, "m{0}"), OK),
    "macros that double": (macros(60, "m{0} and m{0}"), "LOAD_ERR_VALIDATE"),
    "macros in a circle": (
        macros(2_000, "m{0}") + "- {macro: m0, condition: m2000}\n",
        "LOAD_ERR_VALIDATE",
    ),
    "a list of 1,000,000 items": (listed(f"i{n}" for n in range(1_000_000)), OK),
    "a list of 300,000 items with blanks": (listed(f"'i {n}'" for n in range(300_000)), OK),
    "lists that multiply": (
        "".join(f"- list: l{n}\n  items: [l{n + 1}, l{n + 1}, l{n + 1}]\n" for n in range(60))
        + f"{RULE} and proc.name in (l0)\n",
        "LOAD_ERR_VALIDATE",
    ),
    "a list of itself": (listed(["l"] * 1_000), OK),
    "a list named 300,000 times": (
        listed(["a"] * 1_000).replace("(l)", f"({', '.join(['l'] * 300_000)})"),
        "LOAD_ERR_VALIDATE",
    ),
    "10,000 lists": (
        "".join(f"- {{list: l{n}, items: [a]}}\n" for n in range(10_000)) + f"{RULE} and proc.name in (l0)\n",
        OK,
    ),
    "exceptions of 10,000 rows": (exception(row_of(f"[a{n}, /b{n}]" for n in range(10_000))), OK),
    "exceptions of 55,000 rows": (
        exception(row_of(f"[a{n}, /b{n}]" for n in range(55_000))),
        "LOAD_ERR_COMPILE_CONDITION",
    ),
    "exceptions of 600,000 parts": (exception(row_of(["[a, b]"] * 200_000)), "LOAD_ERR_YAML_VALIDATE"),
    "5,000 exceptions": (
        f"{RULE}\n  exceptions:\n"
        + "".join(f"    - {{name: n{n}, fields: [proc.name], values: [[a]]}}\n" for n in range(5_000)),
        OK,
    ),
    "a version of 5,000 digits": (f"- required_engine_version: {'9' * 5_000}\n", "LOAD_ERR_YAML_VALIDATE"),
    "a version of 5,000 digits and zeros": (
        f"- required_engine_version: {'9' * 5_000}.0.0\n",
        "LOAD_ERR_VALIDATE",
    ),
}


@pytest.mark.parametrize(("content", "code"), CASES.values(), ids=list(CASES))
def test_a_hostile_file_is_judged_in_seconds(content: str, code: str) -> None:
    begun = time.process_time()
    loaded = load_texts([("rules.yaml", content)])
    spent = time.process_time() - begun
    assert [error.code for error in loaded.results[0].errors] == ([code] if code else [])
    assert loaded.successful is (code == OK)
    assert loaded.as_json()
    assert spent < SECONDS


def test_memory_stays_bounded(tmp_path: Path) -> None:
    names = ["a list of 1,000,000 items", "lists that multiply"]
    for name in names:
        path = tmp_path / "rules.yaml"
        path.write_text(CASES[name][0])
        limit = f"ulimit -v {GIBIBYTES << 20}; exec {sys.executable} -m falcolab rules check {path}"
        done = subprocess.run(  # noqa: PLW1510  # the code is looked at below
            ["/bin/bash", "-c", limit],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
        )
        assert done.returncode == (1 if CASES[name][1] else 0), (name, done.stderr[-2_000:])
        assert b"Traceback" not in done.stderr
