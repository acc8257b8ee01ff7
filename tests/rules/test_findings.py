"""What is wrong with rules, with Falco's codes, lines and items."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcolab.rules.loader import load_texts
from falcolab.rules.result import Finding
from tests.tables import Case, book

HERE = Path(__file__).parent


def shown(kind: str, finding: Finding) -> str:
    item = finding.context.item
    return f"{kind} {finding.code} {item.mark.line + 1} {item.item_type} '{item.item_name}'"


def findings(content: str) -> list[tuple[str, str]]:
    (result,) = load_texts([("rules.yaml", content)]).results
    return [
        *((shown("error", finding), finding.message) for finding in result.errors),
        *((shown("warning", finding), finding.message) for finding in result.warnings),
    ]


@pytest.mark.parametrize("case", book(HERE / "findings.txt"))
def test_findings_are_those_of_falco(case: Case) -> None:
    content, _, text = case.text.rpartition("=>\n")
    expected = [line.split(" ~ ") for line in text.strip().splitlines()]
    found = findings(content)
    assert [line for line, _ in found] == [line for line, *_ in expected]
    for (line, message), (_, *parts) in zip(found, expected, strict=True):
        assert all(part in message for part in parts), line
